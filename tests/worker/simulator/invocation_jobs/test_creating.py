"""What Bedrock takes and refuses when a job is created, and what it finds in the input."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.servers

URI = "s3://skuscribe-simulated/nothing/records.jsonl"


def refused(world, *arguments, **more):
    with pytest.raises(ClientError) as caught:
        world.create(*arguments, **more)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"jobName": "with_underscore"},
        {"jobName": "with space"},
        {"jobName": "-first"},
        {"jobName": "a" * 64},
        {"clientRequestToken": "ends-"},
        {"clientRequestToken": "a_b"},
        {"roleArn": "arn:aws:iam::1:role/x"},
        {"timeoutDurationInHours": 23},
        {"timeoutDurationInHours": 169},
        {"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/a b.jsonl"}}},
        {"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/date=1/x.jsonl"}}},
        {"inputDataConfig": {"s3InputDataConfig": {"s3Uri": URI, "s3BucketOwner": "1"}}},
        {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "bucket/out"}}},
        {"tags": [{"key": "a<b", "value": "c"}]},
        {"tags": [{"key": f"k{n}", "value": "c"} for n in range(201)]},
        {"modelId": "amazon.nova-nothing-v1:0"},
        {"modelId": "anthropic.claude-haiku-4-5-20251001-v1:0"},
        {"modelId": "us.anthropic.claude-sonnet-5-5"},
        {"modelInvocationType": "Sonnet"},
        {"vpcConfig": {"subnetIds": [f"subnet-{n}" for n in range(17)], "securityGroupIds": ["sg-1"]}},
    ],
    ids=str,
)
def test_a_wrong_order_is_refused(world, wrong):
    assert refused(world, URI, **wrong) == "ValidationException"


@pytest.mark.parametrize(
    "right",
    [
        {"jobName": "skuscribe-01JABC-s001"},
        {"jobName": "a" + "-" * 60 + ".+"},
        {"clientRequestToken": "ab--" * 60 + "c"},
        {"modelId": "global.anthropic.claude-haiku-4-5-20251001-v1:0"},
        {"timeoutDurationInHours": 168},
        {"tags": [{"key": "campaign", "value": "42"}]},
    ],
    ids=str,
)
def test_a_right_order_is_taken(world, right, differences):
    arn = world.create(URI, **right)
    assert differences("bedrock", "CreateModelInvocationJob", {"jobArn": arn}) == []


def test_a_model_without_access_is_refused(world):
    world.set(denied="amazon.nova-lite-v1:0")
    assert refused(world, URI) == "AccessDeniedException"


def test_the_same_token_again_makes_no_second_job(world):
    world.set(batch_s=60)
    before = world.counters()["batch"]["jobs"]
    first = world.create(URI, clientRequestToken="content-1")
    assert world.create(URI, clientRequestToken="content-1", name="another") == first
    assert world.create(URI, clientRequestToken="content-2") != first
    assert world.counters()["batch"]["jobs"] == before + 2


def test_jobs_of_a_model_are_limited_until_one_ends(world):
    world.set(batch_slots=2, batch_s=60)
    micro = {"model": "amazon.nova-micro-v1:0", "kind": "Converse"}
    uri = world.upload([world.converse(1)])
    jobs = [world.create(uri, **micro) for _ in range(2)]
    assert refused(world, uri, **micro) == "ServiceQuotaExceededException"
    assert world.create(uri, model="amazon.nova-pro-v1:0")
    world.bedrock.stop_model_invocation_job(jobIdentifier=jobs[0])
    assert world.create(uri, **micro)
    world.advance(60)
    assert world.create(uri, **micro)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ('{"modelInput": {}}\n' * 9, "records.jsonl", "fewer than the required minimum of 10"),
        ('{"modelInput": {}}\n' * 31, "records.jsonl", "more than the limit of 30"),
        ('{"modelInput": {}}\n' * 11 + "[1]\n", "records.jsonl", "Line 12 of"),
        ('{"modelInput": {}}\n' * 11 + "{\n", "records.jsonl", "not a JSON object"),
        ('{"modelInput": {}}\n' * 11, "records.json", "no file with the extension .jsonl"),
        ('{"modelInput": {}, "x": "' + "y" * 2000 + '"}\n', "records.jsonl", "more than the limit of 1000"),
    ],
)
def test_an_input_outside_the_limits_fails_the_job(world, text, name, said):
    world.set(batch_least_records=10, batch_most_records=30, batch_most_bytes=1000)
    uri = f"{world.folder()}/{name}"
    world.put(uri, text)
    view = world.get(world.create(uri))
    assert view["status"] == "Failed"
    assert said in view["message"]


def test_an_input_that_is_not_there_fails_the_job(world):
    assert world.get(world.create("s3://skuscribe-simulated/nothing/x.jsonl"))["status"] == "Failed"
    assert "NoSuchBucket" in world.get(world.create("s3://no-such-bucket/x.jsonl"))["message"]


@pytest.mark.parametrize("wrong", ["input", "output"])
def test_a_bucket_of_another_account_than_is_told_fails_the_job(world, wrong):
    uri = world.upload([world.converse(1)])
    owner = {"input": "123456789012", "output": "123456789012", wrong: "210987654321"}
    arn = world.create(
        uri,
        inputDataConfig={"s3InputDataConfig": {"s3Uri": uri, "s3BucketOwner": owner["input"]}},
        outputDataConfig={
            "s3OutputDataConfig": {"s3Uri": f"{uri.rpartition('/')[0]}/out/", "s3BucketOwner": owner["output"]}
        },
    )
    view = world.get(arn)
    assert (view["status"], view["message"].count("service role")) == ("Failed", 1)


def test_a_bucket_of_the_account_that_is_told_is_read_and_written(world):
    uri = world.upload([world.converse(1)])
    owner = {"s3BucketOwner": "123456789012"}
    target = {"s3Uri": f"{uri.rpartition('/')[0]}/out/", **owner}
    arn = world.create(
        uri,
        inputDataConfig={"s3InputDataConfig": {"s3Uri": uri, **owner}},
        outputDataConfig={"s3OutputDataConfig": target},
    )
    assert world.manifest(arn)["successRecordCount"] == 1
    assert world.get(arn)["outputDataConfig"] == {"s3OutputDataConfig": target}


@pytest.mark.parametrize(
    "name", ["short", "aaaaaaaaaaaa", "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl"]
)
def test_a_job_that_is_not_there_is_said(world, name):
    expected = "ResourceNotFoundException" if name == "a" * 12 else "ValidationException"
    with pytest.raises(ClientError) as caught:
        world.get(name)
    assert caught.value.response["Error"]["Code"] == expected


def test_a_job_is_found_by_its_short_id(world):
    arn = world.create(URI)
    assert world.get(arn.rpartition("/")[2])["jobArn"] == arn
