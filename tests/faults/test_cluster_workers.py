"""Workers that are killed, stopped and ended while a job runs: the others finish it, and nothing is bought twice."""

from __future__ import annotations

import pytest
from fleet import SCALES, WORKERS, assert_whole

pytestmark = pytest.mark.servers
at_each_scale = pytest.mark.parametrize("scale", SCALES)


@at_each_scale
def test_a_job_over_three_workers(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale)
    summary = job.ended()
    assert_whole(job, summary)
    assert summary["requests"] == fleet.bedrock.counts.requests == scale.items
    assert 2 <= len(job.sessions()) <= WORKERS


@at_each_scale
def test_a_worker_is_killed(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way()
    victim, session = job.busiest()
    victim.kill()
    summary = job.ended()
    assert_whole(job, summary, killed={session})
    assert 0 < summary["unconfirmed_attempts"] <= scale.concurrency


@at_each_scale
def test_all_workers_are_killed_and_new_ones_go_on(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way()
    for worker in fleet.workers:
        worker.kill()
    killed = job.sessions()
    for _ in range(WORKERS):
        fleet.cluster.start_worker()
    summary = job.ended()
    assert_whole(job, summary, killed=killed)
    assert 0 < summary["unconfirmed_attempts"] <= WORKERS * scale.concurrency


@at_each_scale
def test_a_worker_that_stood_still_past_its_lease_goes_on(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way()
    victim, session = job.busiest()
    victim.stop()
    fleet.until(lambda: job.is_over(session))
    on_their_way = job.open_attempts()[session]
    victim.cont()
    summary = job.ended()
    fleet.until(lambda: not job.open_attempts())
    assert_whole(job, fleet.said("status", job.id) | {"outputs": summary["outputs"]}, twice=on_their_way)


@at_each_scale
def test_a_worker_that_is_told_to_end_finishes_what_is_on_its_way_and_hands_back_the_rest(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way()
    victim, session = job.busiest()
    victim.terminate()
    assert victim.wait(60) == 0
    assert session not in job.open_attempts()
    assert job.done < scale.items
    assert_whole(job, job.ended())
