"""Jobs from their creation to their end."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.servers

TIMES = {"batch_validating_s": 20, "batch_scheduled_s": 30, "batch_s": 100, "batch_stopping_s": 5}


def statuses(world, arn, steps):
    found = [world.get(arn)["status"]]
    for seconds in steps:
        world.advance(seconds)
        found.append(world.get(arn)["status"])
    return found


def records(world, number=20):
    return world.upload(world.converse(n) for n in range(number))


def test_a_job_goes_through_all_its_statuses_by_the_clock(world):
    world.set(**TIMES)
    arn = world.create(records(world))
    assert statuses(world, arn, (10, 10, 30, 99, 1)) == [
        "Submitted", "Validating", "Scheduled", "InProgress", "InProgress", "Completed",
    ]  # fmt: skip


def test_its_counters_grow_while_it_is_in_progress_and_are_exact_at_the_end(world, differences):
    world.set(**TIMES)
    arn = world.create(records(world))
    seen = []
    for seconds in (0, 20, 30, 25, 25, 50):
        world.advance(seconds)
        view = world.get(arn)
        seen.append((view["totalRecordCount"], view["processedRecordCount"]))
        assert differences("bedrock", "GetModelInvocationJob", view) == []
    assert seen == [(0, 0), (0, 0), (20, 0), (20, 5), (20, 10), (20, 20)]
    assert (view["successRecordCount"], view["errorRecordCount"]) == (20, 0)
    assert view["endTime"] >= view["submitTime"]


def test_each_record_makes_a_job_longer(world):
    world.set(batch_record_s=2)
    arn = world.create(records(world))
    assert statuses(world, arn, (39, 1)) == ["InProgress", "InProgress", "Completed"]


def test_a_completed_job_has_a_line_for_each_record_in_another_order_and_a_manifest(world):
    arn = world.create(records(world, 50))
    assert world.get(arn)["status"] == "Completed"
    lines = world.lines(arn)
    ids = [line["recordId"] for line in lines]
    assert ids != sorted(ids, key=lambda name: int(name[2:]))
    assert set(ids) == {f"r-{n}" for n in range(50)}
    usage = [line["modelOutput"]["usage"] for line in lines]
    assert world.manifest(arn) == {
        "totalRecordCount": 50,
        "processedRecordCount": 50,
        "successRecordCount": 50,
        "errorRecordCount": 0,
        "inputTokenCount": sum(block["inputTokens"] for block in usage),
        "outputTokenCount": sum(block["outputTokens"] for block in usage),
    }


def test_a_stopped_job_has_a_part_of_its_records(world):
    world.set(**TIMES)
    arn = world.create(records(world))
    world.advance(75)
    world.bedrock.stop_model_invocation_job(jobIdentifier=arn)
    world.bedrock.stop_model_invocation_job(jobIdentifier=arn)
    assert statuses(world, arn, (5,)) == ["Stopping", "Stopped"]
    assert len(world.lines(arn)) == world.manifest(arn)["processedRecordCount"] == 5


def test_a_job_that_is_stopped_before_it_begins_has_no_output(world):
    world.set(**TIMES)
    for seconds in (5, 25):
        arn = world.create(records(world))
        world.advance(seconds)
        world.bedrock.stop_model_invocation_job(jobIdentifier=arn)
        assert statuses(world, arn, (5,)) == ["Stopping", "Stopped"]
        with pytest.raises(world.s3.exceptions.NoSuchKey):
            world.manifest(arn)


def test_an_ended_job_cannot_be_stopped(world):
    arn = world.create(records(world))
    with pytest.raises(world.bedrock.exceptions.ConflictException):
        world.bedrock.stop_model_invocation_job(jobIdentifier=arn)


def test_a_partially_completed_job_says_so_and_has_its_share(world):
    world.set(batch_partial_share=0.6)
    arn = world.create(records(world))
    view = world.get(arn)
    assert (view["status"], view["processedRecordCount"], view["totalRecordCount"]) == ("PartiallyCompleted", 12, 20)
    assert "in time" in view["message"]
    assert len(world.lines(arn)) == 12


def test_a_job_that_runs_into_its_time_out_is_partially_completed(world):
    world.set(batch_s=48 * 3600)
    arn = world.create(records(world))
    world.advance(24 * 3600)
    assert world.get(arn)["status"] == "PartiallyCompleted"
    assert len(world.lines(arn)) == 10


def test_a_job_expires_when_it_is_scheduled_for_too_long(world):
    world.set(batch_expires=1)
    arn = world.create(records(world), timeoutDurationInHours=30)
    assert statuses(world, arn, (30 * 3600 - 60, 61)) == ["Scheduled", "Scheduled", "Expired"]
    with pytest.raises(world.s3.exceptions.NoSuchKey):
        world.manifest(arn)


def test_errors_and_missing_records_are_as_many_as_were_asked_for(world):
    world.set(batch_error_rate=0.2, batch_missing_rate=0.1)
    arn = world.create(records(world, 300))
    view, lines = world.get(arn), world.lines(arn)
    failed = [line["error"] for line in lines if "error" in line]
    assert 30 < len(failed) == view["errorRecordCount"] < 80
    assert 10 < 300 - len(lines) < 55
    assert {type(error["errorCode"]) for error in failed} == {int, str}
    assert all("modelOutput" not in line for line in lines if "error" in line)


def test_what_is_spoilt_on_demand_is_spoilt_in_jobs(world):
    world.set(malformed_rate=0.2, truncate_rate=0.2)
    arn = world.create(records(world, 100))
    world.get(arn)
    reasons = [line["modelOutput"]["stopReason"] for line in world.lines(arn)]
    assert 5 < reasons.count("max_tokens") < 40


def test_the_same_job_gives_the_same_output(world):
    uri = records(world, 30)
    first, second = world.create(uri), world.create(uri)
    texts = []
    for arn in (first, second):
        world.get(arn)
        texts.append({line["recordId"]: line["modelOutput"]["output"] for line in world.lines(arn)})
    assert texts[0] == texts[1]


def test_a_folder_gives_an_output_for_each_of_its_files(world):
    folder = world.folder()
    for name in ("one", "two"):
        uri = world.upload([world.converse(n) for n in range(10)], f"{folder}/{name}")
    world.put(f"{folder}/picture.png", "no record")
    world.put(f"{folder}-other/records.jsonl", "{}")
    arn = world.create(f"{folder}/", outputDataConfig={"s3OutputDataConfig": {"s3Uri": uri.rpartition("/")[0]}})
    assert world.get(arn)["totalRecordCount"] == 20
    assert world.manifest(arn)["successRecordCount"] == 20


def test_a_job_fails_when_its_output_cannot_be_written(world):
    nowhere = {"s3OutputDataConfig": {"s3Uri": "s3://no-such-bucket/out/"}}
    view = world.get(world.create(records(world), outputDataConfig=nowhere))
    assert view["status"] == "Failed"
    assert "NoSuchBucket" in view["message"]


def test_s3_out_of_reach_is_an_error_that_passes_and_nothing_is_counted_twice(world):
    before = world.counters()["batch"]["records"]
    world.set(s3_endpoint="http://127.0.0.1:9")
    uri = records(world)
    arn = world.create(uri)
    with pytest.raises(ClientError, match="cannot reach S3"):
        world.get(arn)
    assert world.counters()["batch"]["records"] == before
    assert world.create(uri)
    listed = world.bedrock.list_model_invocation_jobs()["invocationJobSummaries"]
    assert arn in {job["jobArn"] for job in listed}
