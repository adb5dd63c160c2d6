"""What Bedrock loses, hides or tells late: nothing that may be paid for is forgotten, or bought again too soon."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from batch_world import BatchWorld
from store_making import JOB

from jobs.lifecycle import StopReason
from jobs.store.shard_table import ShardState
from templates.errors import SkuscribeError, UserError
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError


@pytest.fixture
def world(tmp_path):
    return BatchWorld(tmp_path)


def outcomes(world):
    return sorted(line.outcome for line in world.lines())


def shards(world):
    return world.store.shards.of_job(JOB)


def outputs(world):
    return [uri for uri in world.bucket.objects if uri.endswith("records.jsonl.out")]


def seen_as(world, change):
    """Have each look at a job changed."""
    get = world.bedrock.get

    def look(arn):
        view = get(arn)
        return change(view) if view else None

    world.bedrock.get = look


def test_an_answer_of_not_found_is_not_believed_at_once(world):
    get, lost = world.bedrock.get, []

    def shaky(arn):
        lost.append(arn)
        return None if len(lost) in (1, 2, 3, 7) else get(arn)

    world.bedrock.get = shaky
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert {shard.status for shard in shards(world)} == {JobStatus.COMPLETED}
    assert any("does not find the batch job" in line for line in world.told)
    world.check_accounts()


def test_a_broken_connection_does_not_end_the_wait_for_late_output(world):
    """Output that comes late is looked for as often as ever, however often the bucket cannot be reached meanwhile."""
    world.bedrock.end = lambda _: JobStatus.STOPPED
    world.limits = replace(world.limits, most_records=12)
    seen_as(world, lambda view: replace(view, status=JobStatus.IN_PROGRESS) if view.status == "Submitted" else view)
    finish, listed, hidden, asked = world.bedrock._finish, world.bucket.listed, {}, []

    def hide(job, status):
        finish(job, status)
        for uri in outputs(world):
            hidden[uri] = world.bucket.objects.pop(uri)

    def shaky(prefix):
        asked.append(prefix)
        if len(asked) <= 8:
            raise ModelError("The connection broke.", kind=ErrorKind.TRANSPORT)
        if len(asked) > 10:
            world.bucket.objects.update(hidden)
        return listed(prefix)

    world.bedrock._finish, world.bucket.listed = hide, shaky
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert sum("The connection broke" in line for line in world.told) == 1
    assert set(outcomes(world)) == {"ok"}
    world.check_accounts()


def test_a_job_that_is_found_again_after_everybody_gave_it_up_is_harvested_by_who_resumes(world):
    get = world.bedrock.get
    world.bedrock.get = lambda _: None
    with pytest.raises(UserError, match="is not below"):
        world.run()
    assert {shard.state for shard in shards(world)} == {ShardState.ENDED}
    assert world.store.items.states(JOB) == {"pending": 12}
    world.bedrock.get = get
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()


def test_a_job_that_is_gone_before_its_output_was_whole_is_closed_by_nobody(world):
    """What is there is booked; what is not may still come, and is not bought again unasked."""
    world.bedrock.fate = lambda record: "ok" if int(record["recordId"][-1]) % 2 else None
    world.bedrock.takes = timedelta(minutes=5)
    get = world.bedrock.get
    world.bedrock.get = lambda arn: (get(arn), None)[1]
    with pytest.raises(UserError, match="not whole"):
        world.run()
    assert world.store.items.states(JOB) == {"done": 6, "pending": 6}
    assert {shard.state for shard in shards(world)} == {ShardState.ENDED}


def test_records_that_cannot_be_read_may_be_billed(world):
    """A line that is no JSON was a record that Bedrock processed: its attempt stays unconfirmed and held."""
    finish = world.bedrock._finish

    def garble(job, status):
        finish(job, status)
        for uri in outputs(world)[:1]:
            first, *rest = world.bucket.objects[uri].splitlines()
            world.bucket.objects[uri] = b"\n".join([first[: len(first) // 2], *rest])

    world.bedrock._finish = garble
    world.limits = replace(world.limits, least_records=3)
    world.run()
    assert world.store.items.states(JOB) == {"done": 11, "pending": 1}
    assert outcomes(world) == ["ok"] * 11 + ["unconfirmed"]
    assert world.store.jobs.get(JOB).held_pico == 1000
    assert any("1 records cannot be read and may be billed" in line for line in world.told)


def test_records_that_bedrock_counts_and_does_not_show_may_be_billed_and_the_others_are_not(world):
    world.bedrock.fate = lambda record: "ok" if int(record["recordId"][-2:]) <= 8 else None
    world.limits = replace(world.limits, least_records=5, most_records=12)
    seen_as(world, lambda view: replace(view, processed=view.processed + 1) if view.processed else view)
    world.run()
    assert outcomes(world) == ["ok"] * 8 + ["unbilled"] * 3 + ["unconfirmed"]


@pytest.mark.parametrize("status", [JobStatus.PARTIALLY_COMPLETED, JobStatus.COMPLETED, JobStatus.STOPPED])
def test_output_and_counts_that_come_late_are_waited_for(world, status):
    """Bedrock's counters are up to a minute behind, and so may its bucket be."""
    world.bedrock.end = lambda _: status
    hidden, looks = {}, []
    finish, get = world.bedrock._finish, world.bedrock.get

    def hide(job, status):
        finish(job, status)
        for uri in outputs(world):
            hidden[uri] = world.bucket.objects.pop(uri)

    def look(arn):
        view = get(arn)
        if view.status == "Submitted":
            return replace(view, status=JobStatus.IN_PROGRESS)
        looks.append(arn)
        if len(looks) > 6:
            world.bucket.objects.update(hidden)
            return view
        return replace(view, processed=0)

    world.bedrock._finish, world.bedrock.get = hide, look
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()


def test_a_job_that_was_stopped_before_it_did_anything_is_waited_for_only_a_while(world):
    world.bedrock.end = lambda number: JobStatus.STOPPED if number == 1 else JobStatus.COMPLETED
    world.bedrock.fate = lambda record: None if record["recordId"].startswith(shards(world)[0].name) else "ok"
    seen_as(world, lambda view: replace(view, status=JobStatus.IN_PROGRESS) if view.status == "Submitted" else view)
    began = world.clock()
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert "unconfirmed" not in outcomes(world)
    assert (world.clock() - began).total_seconds() < 6 * 3600


def test_an_output_that_is_lost_does_not_keep_the_others_waiting(world):
    finish = world.bedrock._finish

    def lose(job, status):
        finish(job, status)
        if job["number"] == 1:
            for uri in [uri for uri in world.bucket.objects if "out/job000000000/" in uri]:
                del world.bucket.objects[uri]

    world.bedrock._finish = lose
    get, late = world.bedrock.get, world.clock() + timedelta(hours=5)
    world.bedrock.get = lambda arn: (
        get(arn) if arn.endswith("job000000000") or world.clock() > late else world.bedrock.jobs[arn]["view"]
    )
    with pytest.raises(UserError, match="is not below"):
        world.run()
    assert world.store.items.states(JOB) == {"done": 8, "pending": 4}
    assert sum("is not below" in line for line in world.told) == 1


@pytest.mark.parametrize("elsewhere", [{"region": "eu-west-1"}, {"role_arn": "arn:aws:iam::2:role/batch"}])
@pytest.mark.parametrize("effect", ["before", "after"])
def test_jobs_are_never_looked_for_or_made_again_in_another_region_or_account(world, elsewhere, effect):
    """Also where the answer to the request for one never came: there it would be made once more."""
    if effect == "after":
        world.bedrock.answers_lost, world.bedrock.find = 99, lambda _: None
        with pytest.raises(SkuscribeError):
            world.run()
        del world.bedrock.find
    else:
        world.bedrock.get = lambda _: (_ for _ in ()).throw(ModelError("No.", kind=ErrorKind.FORBIDDEN))
        with pytest.raises(SkuscribeError):
            world.run()
        del world.bedrock.get
    made = len(world.bedrock.jobs)
    assert made
    world.bedrock.answers_lost = 0
    world.elsewhere = elsewhere
    with pytest.raises(UserError, match="would now be looked for in") as caught:
        world.run()
    assert "AWS_REGION" in caught.value.fix
    assert len(world.bedrock.jobs) == made
    world.elsewhere = {}
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert len(world.bedrock.jobs) == 3
    world.check_accounts()


def test_a_line_of_garbage_is_no_reason_to_hold_money_where_all_records_came_back(world):
    finish = world.bedrock._finish

    def garble(job, status):
        finish(job, status)
        for uri in outputs(world):
            world.bucket.objects[uri] += b"\n" + json.dumps([1]).encode()

    world.bedrock._finish = garble
    world.run()
    assert world.store.jobs.get(JOB).held_pico == 0


def test_a_job_that_is_not_found_when_it_is_to_stop_is_stopped_once_it_is(world):
    """Told to stop while Bedrock does not know it, it would run on to its end, and be paid for."""
    world.bedrock.takes = timedelta(days=2)
    get, stop, stopped, lost = world.bedrock.get, world.bedrock.stop, [], []

    def shaky(arn):
        if world.store.jobs.wanted_stop(JOB) and len(lost) < 6:
            lost.append(arn)
            return None
        return get(arn)

    world.bedrock.get = shaky
    world.bedrock.stop = lambda arn: (stopped.append(arn), stop(arn))
    wait, waits = world.pass_, []

    def want(seconds):
        waits.append(seconds)
        if len(waits) == 4:
            world.store.jobs.want_stop(JOB, StopReason.USER)
        wait(seconds)

    world.pass_ = want
    world.run()
    assert len(lost) == 6
    assert sorted(stopped) == sorted(world.bedrock.jobs)
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()
