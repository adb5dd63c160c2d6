"""The batch lane over three workers: whatever dies on the way, a shard has one job and a record is booked once."""

from __future__ import annotations

import pytest
from batch_fleet import ITEMS, SHARDS, BatchFleet, assert_accounts, assert_all_done
from fleet import WORKERS

pytestmark = pytest.mark.servers
#: The same as its neighbours at another moment.
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def _batch_fleet(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            patch.delenv(name, raising=False)
        with BatchFleet(tmp_path_factory.mktemp("batch")) as fleet:
            yield fleet


@pytest.fixture
def fleet(_batch_fleet):
    """Three workers that are well."""
    _batch_fleet.made_well()
    yield _batch_fleet
    _batch_fleet.end_commands()


def test_a_job_over_three_workers(fleet, tmp_path):
    job = fleet.run_batch(tmp_path)
    summary = job.ended()
    assert_all_done(job, summary)
    assert_accounts(fleet, job)
    assert summary["lanes"] == {"batch": ITEMS}
    assert fleet.counted()["jobs"] == SHARDS


@pytest.mark.parametrize(
    "state",
    [pytest.param("planned", marks=slow), "ready", pytest.param("submitted", marks=slow), "ended"],
)
def test_a_worker_is_killed_while_it_has_a_shard(fleet, tmp_path, state):
    with fleet.holding(state) as worker_of:
        job = fleet.run_batch(tmp_path)
        worker_of(job).kill()
    assert_all_done(job, job.ended())
    assert_accounts(fleet, job)
    assert fleet.counted()["jobs"] == SHARDS


def test_all_workers_are_killed_and_new_ones_go_on(fleet, tmp_path):
    job = fleet.run_batch(tmp_path)
    fleet.until(lambda: fleet.has_shard(job, "submitted"))
    for worker in fleet.workers:
        worker.kill()
    for _ in range(WORKERS):
        fleet.cluster.start_worker()
    assert_all_done(job, job.ended())
    assert_accounts(fleet, job)


@pytest.mark.parametrize("state", [pytest.param("planned", marks=slow), pytest.param("submitted", marks=slow), "ended"])
def test_postgresql_is_killed_and_comes_back(fleet, tmp_path, state):
    with fleet.holding(state) as worker_of:
        job = fleet.run_batch(tmp_path)
        worker_of(job)
        fleet.postgres.kill()
    fleet.postgres.start()
    assert_all_done(job, job.ended())
    assert_accounts(fleet, job)


def test_redis_is_killed_and_comes_back_without_its_data(fleet, tmp_path):
    job = fleet.run_batch(tmp_path)
    fleet.until(lambda: fleet.has_shard(job, "submitted"))
    fleet.redis.kill()
    fleet.redis.lose_data()
    fleet.redis.start()
    assert_all_done(job, job.ended())
    assert_accounts(fleet, job)


def test_a_job_that_is_stopped_has_its_batch_jobs_stopped_and_can_be_resumed(fleet, tmp_path):
    fleet.bedrock.behave(batch_s=3600)
    job = fleet.run_batch(tmp_path)
    fleet.until(lambda: fleet.has_shard(job, "submitted"))
    standing = fleet.said("status", job.id)
    assert (standing["state"], standing["items"]["pending"], standing["unconfirmed_attempts"]) == ("running", ITEMS, 0)
    stopped = fleet.said("stop", job.id)
    outcome = fleet.outcome(job.process)
    assert (outcome.returncode, stopped["state"]) == (130, "stopped"), outcome.stderr
    assert stopped["unconfirmed_attempts"] == 0
    fleet.bedrock.behave(batch_s=1)
    assert_all_done(job, fleet.said("resume", job.id))
    assert_accounts(fleet, job)


def test_two_jobs_at_once_one_of_them_left_to_the_workers(fleet, tmp_path):
    left = fleet.run_batch(tmp_path, "--detach", items=150)
    assert left.ended()["state"] == "running"
    other = fleet.run_batch(tmp_path, items=150)
    assert_all_done(other, other.ended())
    fleet.until(lambda: left.has("SELECT workbook IS NOT NULL AND ended_at IS NOT NULL FROM jobs WHERE id = {job}"))
    assert_all_done(left, fleet.said("status", left.id))
    assert_accounts(fleet, left, other)


def test_what_batch_jobs_leave_goes_out_request_by_request(fleet, tmp_path):
    fleet.bedrock.behave(batch_error_rate=0.03)
    job = fleet.run_batch(tmp_path)
    summary = job.ended()
    assert_all_done(job, summary)
    assert_accounts(fleet, job)
    assert 0 < summary["lanes"]["on-demand"] < 20
    assert summary["lanes"]["batch"] == ITEMS - summary["lanes"]["on-demand"]


@pytest.mark.slow
def test_a_simulator_inside_is_that_of_one_worker(fleet, tmp_path):
    job = fleet.run_batch(tmp_path, "--simulate")
    summary = job.ended()
    assert (summary["state"], summary["simulated"]) == ("done", True)
    assert summary["lanes"] == {"batch": ITEMS}
    assert fleet.counted()["jobs"] == 0
