from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.servers

URI = "s3://skuscribe-simulated/nothing/records.jsonl"


@pytest.fixture
def seven(world):
    """Seven jobs of a name of their own, the last two failed."""
    world.set(batch_validating_s=1000)
    base = f"seven-{world.folder().rpartition('-')[2]}"
    arns = [world.create(URI, name=f"{base}-{n}") for n in range(5)]
    world.set()
    return base, arns + [world.create(URI, name=f"{base}-{n}") for n in (5, 6)]


def test_jobs_are_listed_newest_first_or_oldest_first(world, seven, differences):
    base, arns = seven
    listed = world.bedrock.list_model_invocation_jobs(nameContains=base)
    assert [job["jobArn"] for job in listed["invocationJobSummaries"]] == arns[::-1]
    assert differences("bedrock", "ListModelInvocationJobs", listed) == []
    rising = world.bedrock.list_model_invocation_jobs(nameContains=base, sortBy="CreationTime", sortOrder="Ascending")
    assert [job["jobArn"] for job in rising["invocationJobSummaries"]] == arns


def test_pages_hold_every_job_once(world, seven):
    base, arns = seven
    pages = world.bedrock.get_paginator("list_model_invocation_jobs").paginate(
        nameContains=base, PaginationConfig={"PageSize": 3}
    )
    found = [[job["jobArn"] for job in page["invocationJobSummaries"]] for page in pages]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [arn for page in found for arn in page] == arns[::-1]


def test_jobs_are_listed_by_status_and_by_time(world, seven):
    base, arns = seven
    ask = world.bedrock.list_model_invocation_jobs
    failed = ask(nameContains=base, statusEquals="Failed")["invocationJobSummaries"]
    assert {job["jobArn"] for job in failed} == set(arns[5:])
    now = world.get(arns[0])["submitTime"]
    assert len(ask(nameContains=base, submitTimeAfter=now - timedelta(hours=1))["invocationJobSummaries"]) == 7
    assert ask(nameContains=base, submitTimeBefore=datetime(2020, 1, 1, tzinfo=UTC))["invocationJobSummaries"] == []


def test_jobs_of_another_region_are_not_listed(world, seven, make_client):
    base, arns = seven
    elsewhere = make_client("bedrock", world.endpoint, "eu-west-1")
    assert elsewhere.list_model_invocation_jobs(nameContains=base)["invocationJobSummaries"] == []
    with pytest.raises(ClientError, match="could not be found"):
        elsewhere.get_model_invocation_job(jobIdentifier=arns[0])


@pytest.mark.parametrize(
    "wrong", [{"statusEquals": "Done"}, {"maxResults": 0}, {"maxResults": 1001}, {"sortBy": "Name"}, {"nextToken": "x"}]
)
def test_a_wrong_query_is_refused(world, wrong):
    with pytest.raises(world.bedrock.exceptions.ValidationException):
        world.bedrock.list_model_invocation_jobs(**wrong)
