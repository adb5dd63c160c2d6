import json
import os
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from command_line import csv_file, many
from hosts_making import Silent, hosts_on
from stand_in import StandIn

from jobs.clock import stamp, utc_now
from jobs.lifecycle import JobState, StopReason
from jobs.spec import JobSpec
from templates.errors import UserError
from worker.execution import Watch
from worker.following import Following
from worker.model import ErrorKind
from worker.retry import Rule
from worker.tick import Tick
from worker.wiring import wire

pytestmark = pytest.mark.servers

ITEMS = 200


@pytest.fixture
def bedrock(monkeypatch):
    with StandIn(latency_s=0.02) as stand_in:
        for name, value in stand_in.environ().items():
            monkeypatch.setenv(name, value)
        yield stand_in


@pytest.fixture
def planned(tmp_path):
    """Plan a job of so many items and submit it to hosts: planned(hosts, …) gives its id."""
    parts = wire()

    def plan(items=ITEMS, *, kind="run", **spec):
        source = csv_file(tmp_path / f"things-{items}.csv", many(items))
        given = {"template": ("image-alt-text",), "concurrency": 16, **spec}
        return parts.preparation.plan(parts.preparation.draft(str(source), JobSpec(**given)), kind=kind).job_id

    plan.parts = parts
    return plan


@pytest.fixture
def hosts(planned, bedrock, tmp_path):  # noqa: ARG001 - the hosts' environment leads to it
    with hosts_on(planned.parts.store, os.environ, tmp_path) as hosts:
        yield hosts


def following(hosts):
    return Following(
        store=hosts.store,
        messages=hosts.messages,
        clock=utc_now,
        showing=Silent(),
        hold=hosts.hold,
        tick=Tick(None),
        lease_s=60.0,
    )


def ended(store, job_id, timeout_s=60):
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        job = store.jobs.get(job_id)
        if job.state is not JobState.RUNNING:
            return job
        time.sleep(0.05)
    raise AssertionError(f"the job does not end: {store.chunks.counts(job_id)}, {store.items.states(job_id)}")


def until(condition, timeout_s=30):
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "that moment never came"
        time.sleep(0.005)


def test_two_hosts_share_a_job_and_nothing_is_bought_twice(hosts, planned, bedrock):
    hosts.begin()
    hosts.begin()
    job_id = planned()
    following(hosts).submit(job_id)
    job = ended(hosts.store, job_id)
    assert (job.state, job.finished, job.requests) == (JobState.DONE, ITEMS, ITEMS)
    assert set(bedrock.counts.answers.values()) == {1}
    assert len(bedrock.counts.answers) == ITEMS
    assert hosts.store.chunks.counts(job_id) == {"done": ITEMS // 50}


def test_the_first_request_of_a_job_goes_alone_over_all_hosts(hosts, planned, bedrock):
    hosts.begin()
    hosts.begin()
    job_id = planned()
    with bedrock.holding("Thing number"):
        following(hosts).submit(job_id)
        until(lambda: bedrock.counts.requests)
        time.sleep(0.15)
        assert bedrock.counts.requests == 1
    assert ended(hosts.store, job_id).state is JobState.DONE


def test_a_message_that_comes_twice_does_nothing_twice(hosts, planned, bedrock):
    hosts.broker.copies = 2
    hosts.begin()
    hosts.begin()
    job_id = planned()
    following(hosts).submit(job_id)
    assert ended(hosts.store, job_id).state is JobState.DONE
    assert set(bedrock.counts.answers.values()) == {1}


def test_a_stop_reaches_all_hosts_and_what_was_on_its_way_is_kept(hosts, planned, bedrock):
    bedrock.latency_s = 0.2
    hosts.begin()
    hosts.begin()
    job_id = planned(600)
    following(hosts).submit(job_id)
    until(lambda: bedrock.counts.requests > 40)
    hosts.store.jobs.want_stop(job_id, StopReason.USER)
    job = ended(hosts.store, job_id, 20)
    asked = bedrock.counts.requests
    assert (job.state, job.stop_reason) == (JobState.STOPPED, StopReason.USER)
    assert 40 < asked < 600
    assert job.finished == asked == len(bedrock.counts.answers)
    bedrock.latency_s = 0.0
    following(hosts).submit(job_id)
    assert ended(hosts.store, job_id).state is JobState.DONE
    assert set(bedrock.counts.answers.values()) == {1}


def test_a_host_that_ends_finishes_what_is_on_its_way_and_hands_the_rest_to_the_others(hosts, planned, bedrock):
    bedrock.latency_s = 0.2
    leaving = hosts.begin()
    hosts.begin()
    job_id = planned(600)
    following(hosts).submit(job_id)
    until(lambda: bedrock.counts.requests > 60)
    leaving.close()
    totals = hosts.store.totals.of_job(job_id)
    bedrock.latency_s = 0.0
    job = ended(hosts.store, job_id)
    assert (job.state, job.finished) == (JobState.DONE, 600)
    assert set(bedrock.counts.answers.values()) == {1}
    assert totals.unconfirmed_attempts == 0


def test_one_slow_item_does_not_hold_the_others_back(hosts, planned, bedrock):
    hosts.begin(slots=2)
    job_id = planned()
    with bedrock.holding("Thing number 133"):
        following(hosts).submit(job_id)
        until(lambda: hosts.store.jobs.get(job_id).finished == ITEMS - 1)
        until(lambda: hosts.store.chunks.counts(job_id) == {"done": 3, "draining": 1})
    assert ended(hosts.store, job_id).finished == ITEMS


def test_an_error_that_hits_every_item_fails_the_job_and_is_kept_for_who_follows_it(hosts, planned, bedrock):
    bedrock.always = "forbidden"
    hosts.begin()
    job_id = planned()
    following(hosts).submit(job_id)
    job = ended(hosts.store, job_id)
    assert job.state is JobState.FAILED
    assert json.loads(job.error)["exit"] == 5
    assert bedrock.counts.requests <= 5


def test_a_cap_holds_over_several_hosts_and_stops_the_job(hosts, planned, bedrock):
    hosts.begin()
    hosts.begin()
    job_id = planned(budget=Decimal("0.008"))
    following(hosts).submit(job_id)
    job = ended(hosts.store, job_id)
    assert (job.state, job.stop_reason) == (JobState.STOPPED, StopReason.CAP)
    assert 0 < job.spent_pico <= job.cap_pico == 8 * 10**9
    assert job.held_pico == 0
    assert job.finished == len(bedrock.counts.answers) < ITEMS


def test_a_deadline_stops_a_shared_job(hosts, planned, bedrock):
    bedrock.latency_s = 0.3
    hosts.begin()
    job_id = planned(concurrency=2, deadline="1h")
    following(hosts).submit(job_id)
    until(lambda: hosts.store.jobs.get(job_id).finished)
    hosts.store.jobs.change(job_id, deadline_at=stamp(utc_now()))
    job = ended(hosts.store, job_id)
    assert (job.state, job.stop_reason) == (JobState.STOPPED, StopReason.DEADLINE)
    assert 0 < job.finished < ITEMS


def test_a_detached_job_is_told_to_whoever_delivers_it_once_it_has_ended(hosts, planned):
    hosts.begin()
    job_id = planned(60)
    following(hosts).submit(job_id, detached=True)
    ended(hosts.store, job_id)
    until(lambda: job_id in hosts.broker.delivered)


def test_small_jobs_go_before_bulk_work(hosts, planned, bedrock):
    bedrock.latency_s = 0.1
    hosts.begin()
    bulk, small = planned(1000), planned(10)
    following(hosts).submit(bulk)
    until(lambda: bedrock.counts.requests > 20)
    following(hosts).submit(small)
    ended(hosts.store, small, 20)
    assert hosts.store.jobs.get(bulk).state is JobState.RUNNING
    assert {queue for _, queue in hosts.broker.sent} == {"bulk", "interactive"}
    hosts.store.jobs.want_stop(bulk, StopReason.USER)
    ended(hosts.store, bulk)


def test_a_job_without_open_items_ends_at_once(hosts, planned):
    hosts.begin()
    job_id = planned(30)
    for _ in range(2):
        following(hosts).submit(job_id)
        assert ended(hosts.store, job_id).state is JobState.DONE


def test_who_follows_a_job_without_workers_can_stop_it(hosts, planned):
    job_id = planned(30)
    following(hosts).run(job_id, Watch(stop=lambda: StopReason.SIGNAL))
    job = hosts.store.jobs.get(job_id)
    assert (job.state, job.stop_reason) == (JobState.STOPPED, StopReason.SIGNAL)


def test_a_job_that_a_command_left_when_it_was_killed_can_be_given_to_workers(hosts, planned):
    job_id = planned(30)
    hosts.store.jobs.change(job_id, state=JobState.RUNNING, session="long gone")
    hosts.begin()
    following(hosts).submit(job_id)
    assert ended(hosts.store, job_id).state is JobState.DONE


def test_a_job_that_a_command_runs_is_not_given_to_workers(hosts, planned):
    job_id = planned(30)
    with hosts.hold.on(job_id, "s1"), pytest.raises(UserError, match="is being run"):
        following(hosts).submit(job_id)


def test_a_model_that_never_becomes_ready_stops_the_job_after_a_few_items(hosts, planned, bedrock, monkeypatch):
    monkeypatch.setattr("worker.retry.RULES", {ErrorKind.NOT_READY: Rule(tries=1, base_s=100.0, cap_s=100.0)})
    hosts.assembly = replace(hosts.assembly, random=lambda: 0.0)
    monkeypatch.setattr("worker.line._LONG_WAIT_S", 0.0)
    bedrock.always = "not_ready"
    hosts.begin()
    job_id = planned()
    following(hosts).submit(job_id)
    assert ended(hosts.store, job_id).state is JobState.FAILED
    assert bedrock.counts.requests <= 12
