from dataclasses import replace

import pytest
from batch_world import BatchWorld
from store_making import JOB

from console.output import batch_line
from jobs.store.shard_table import ShardState


@pytest.fixture
def shard(tmp_path):
    """A shard that is not sent yet."""
    world = BatchWorld(tmp_path)
    world.store.shards.plan(JOB, name="s", most_records=1000, now=world.clock())
    [planned] = world.store.shards.of_job(JOB)
    return planned


def test_the_batch_jobs_of_a_job_are_told_by_state_with_the_records_that_bedrock_has(shard):
    at_bedrock = replace(shard, state=ShardState.SUBMITTED, arn="arn:1", records=1000, processed=200)
    closed = replace(shard, state=ShardState.CLOSED, arn="arn:2", records=1000, processed=1000, replied=998, errors=2)
    assert batch_line([closed, at_bedrock, at_bedrock, at_bedrock]) == (
        "Batch jobs: 3 submitted, 1 closed; 1,600 of 4,000 records processed."
    )


def test_batch_jobs_that_bedrock_does_not_have_yet_have_no_records(shard):
    assert batch_line([shard, shard]) == "Batch jobs: 2 planned."


def test_a_job_without_batch_jobs_says_nothing_of_them():
    assert batch_line([]) == ""
