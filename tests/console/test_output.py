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


def test_many_batch_jobs_are_told_in_a_line_by_bedrocks_status_with_the_records_that_it_has(shard):
    at_bedrock = replace(shard, state=ShardState.SUBMITTED, status="InProgress", arn="arn:1", records=10, processed=2)
    ended = replace(at_bedrock, state=ShardState.ENDED, status="Completed", processed=10)
    closed = replace(ended, state=ShardState.CLOSED, replied=8, errors=2)
    unsent = replace(shard, state=ShardState.CLOSED)
    assert batch_line(
        [*[closed] * 97, shard, at_bedrock, ended, at_bedrock, unsent, replace(closed, status="Stopped")]
    ) == (
        "Batch jobs: 1 planned, 2 InProgress, 1 Completed and not harvested, 1 never sent, 97 Completed, 1 Stopped;"
        " 994 of 1,010 records processed."
    )


def test_a_batch_job_that_nobody_has_looked_at_yet_is_submitted(shard):
    sent = replace(shard, state=ShardState.SUBMITTED, arn="arn:1", records=1000)
    assert batch_line([sent]) == "Batch jobs: 1 submitted; 0 of 1,000 records processed."


def test_batch_jobs_that_bedrock_does_not_have_yet_have_no_records(shard):
    assert batch_line([shard, shard]) == "Batch jobs: 2 planned."


def test_a_job_without_batch_jobs_says_nothing_of_them():
    assert batch_line([]) == ""
