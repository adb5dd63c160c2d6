from __future__ import annotations

from datetime import timedelta

import pytest
from chunks_making import session
from store_making import JOB, now, opened, with_items

from jobs.clock import stamp
from jobs.lifecycle import JobState
from jobs.store.shard_table import ShardState
from templates.errors import AccessError
from worker.batch.cleaning import Cleaned, Cleaning

ROOT = "s3://shop-batch/skuscribe"
WEEK = timedelta(days=7)


class Bucket:
    """Objects in memory; removing them fails from the `fails_at`-th call on."""

    def __init__(self):
        self.objects = set()
        self.removals = 0
        self.fails_at = None

    def listed(self, prefix):
        return sorted(uri for uri in self.objects if uri.startswith(prefix))

    def remove(self, uris):
        self.removals += 1
        if self.fails_at is not None and self.removals >= self.fails_at:
            raise AccessError("It may not be removed.")
        self.objects -= set(uris)
        return len(uris)


class World:
    def __init__(self, folder):
        self.store = opened(folder)
        self.bucket = Bucket()
        self.later = now()
        self.cleaning = Cleaning(self.store, self.bucket, lambda: self.later)

    def shard(self, job_id=JOB, *, state=ShardState.CLOSED, realm="aws", job_state=JobState.DONE, name="b1"):
        """Keep a job with a shard whose three objects are in the bucket."""
        ended = None if job_state is JobState.RUNNING else stamp(now())
        with_items(self.store, 2, job_id=job_id, lane="batch", realm=realm, state=job_state, ended_at=ended)
        self.store.shards.plan(job_id, name=name, most_records=100, now=now())
        [planned] = self.store.shards.open(job_id)
        folder = f"{ROOT}/{job_id}/{planned.name}"
        claimed = self.store.shards.claim(planned.id, "s1")
        changed = self.store.shards.change(
            claimed, state=state, input_uri=f"{folder}/records.jsonl", output_uri=f"{folder}/out/"
        )
        self.store.shards.release(changed)
        out = f"{folder}/out/abc123abc123"
        self.bucket.objects |= {
            f"{folder}/records.jsonl",
            f"{out}/records.jsonl.out",
            f"{out}/manifest.json.out",
        }
        return self.store.shards.get(planned.id)

    def due(self, *, realm="aws", older_than=WEEK, job_id=None):
        return [one.job_id for one in self.cleaning.due(realm=realm, older_than=older_than, job_id=job_id)]


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    session(world.store)
    yield world
    world.store.engine.dispose()


def test_all_objects_of_a_shard_go_and_are_noted(world):
    shard = world.shard()
    world.later = now() + WEEK
    [due] = world.cleaning.due(realm="aws", older_than=WEEK)

    assert world.cleaning.count([due]) == Cleaned(shards=1, objects=3)
    assert world.cleaning.clean([due]) == Cleaned(shards=1, objects=3)
    assert world.bucket.objects == set()
    assert world.store.shards.get(shard.id).removed_at == stamp(world.later)
    assert world.due() == [], "nothing is removed twice"


def test_a_job_that_ended_a_short_time_ago_keeps_its_objects_unless_that_is_wanted(world):
    world.shard()
    world.later = now() + WEEK - timedelta(seconds=1)

    assert world.due() == []
    assert world.due(older_than=timedelta(0)) == [JOB]


@pytest.mark.parametrize("state", [ShardState.READY, ShardState.SUBMITTED, ShardState.ENDED])
def test_an_open_shard_keeps_its_objects(world, state):
    world.shard(state=state)
    world.later = now() + 2 * WEEK

    assert world.due() == []


def test_the_shards_of_a_job_that_runs_keep_their_objects(world):
    world.shard(state=ShardState.CLOSED)
    world.shard("j2", name="b2", job_state=JobState.RUNNING)
    world.later = now() + 2 * WEEK

    assert world.due() == [JOB]


def test_jobs_that_went_elsewhere_are_left_alone(world):
    world.shard(realm="simulated")
    world.later = now() + 2 * WEEK

    assert world.due() == []
    assert world.due(realm="simulated") == [JOB]


def test_one_job_is_cleaned_by_itself_and_a_name_that_begins_alike_is_not_touched(world):
    shard = world.shard()
    world.shard("j2", name="b2")
    neighbour = f"{ROOT}/{JOB}/{shard.name}0/records.jsonl"
    world.bucket.objects.add(neighbour)
    world.later = now() + WEEK

    assert world.due(job_id="j2") == ["j2"]
    world.cleaning.clean(world.cleaning.due(realm="aws", older_than=WEEK, job_id=JOB))
    assert neighbour in world.bucket.objects
    assert world.due() == ["j2"]


def test_what_is_removed_stays_noted_when_the_next_may_not_be(world):
    world.shard()
    world.shard("j2", name="b2")
    world.bucket.fails_at = 2
    world.later = now() + WEEK
    with pytest.raises(AccessError):
        world.cleaning.clean(world.cleaning.due(realm="aws", older_than=WEEK))

    assert len(world.bucket.objects) == 3
    assert len(world.due()) == 1


def test_a_shard_whose_objects_expired_by_themselves_is_noted_too(world):
    world.shard()
    world.bucket.objects.clear()
    world.later = now() + WEEK

    assert world.cleaning.clean(world.cleaning.due(realm="aws", older_than=WEEK)) == Cleaned(shards=1, objects=0)
    assert world.bucket.removals == 0
    assert world.due() == []
