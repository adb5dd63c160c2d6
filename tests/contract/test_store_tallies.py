from dataclasses import replace
from decimal import Decimal

import pytest
from store_making import JOB, done, now, ok_end, start, with_items

from jobs.lifecycle import JobState
from jobs.results import ItemState
from jobs.store import tally_table
from jobs.store.ledger import Ledger
from jobs.store.tally_table import Tally
from worker.summaries import summarise


@pytest.fixture(autouse=True)
def small_jobs_count_as_big(monkeypatch):
    monkeypatch.setattr(tally_table, "_BIG", 2)


def _ended(store, state=JobState.PARTIAL):
    items = with_items(store, 3, state=state, ended_at="2026-11-22T12:00:00.000Z")
    with Ledger(store.engine, clock=now) as ledger:
        for at, item in enumerate(items[:2]):
            attempt = start(f"a{at}", item)
            ledger.start(attempt)
            result = done(item, state=ItemState.FLAGGED if at else ItemState.DONE)
            ledger.end(ok_end(attempt, cost=1_234_567_890_123_456_789 if at else 400, finished=result))
        ledger.start(start("open", items[2]))
    return items


def _added_up(store, monkeypatch):
    """Count how often the items of a job are added up from here on."""
    calls = []
    add_up = store.totals.of_job

    def counted(job_id, **options):
        calls.append(job_id)
        return add_up(job_id, **options)

    monkeypatch.setattr(type(store.totals), "of_job", lambda _, job_id, **options: counted(job_id, **options))
    return calls


@pytest.mark.parametrize("state", [JobState.DONE, JobState.PARTIAL, JobState.STOPPED, JobState.FAILED])
def test_a_job_that_has_ended_is_added_up_once_and_shown_alike(store, monkeypatch, state):
    _ended(store, state)
    calls = _added_up(store, monkeypatch)
    first = summarise(store, store.jobs.get(JOB))
    assert summarise(store, store.jobs.get(JOB)) == first
    assert calls == [JOB]
    assert first.cost_usd == Decimal("1234567.890123457189")
    assert (first.unconfirmed_attempts, first.lanes) == (1, {"on-demand": 2})


@pytest.mark.parametrize("state", [JobState.PLANNED, JobState.RUNNING])
def test_a_job_that_goes_on_is_added_up_each_time(store, monkeypatch, state):
    _ended(store, state)
    calls = _added_up(store, monkeypatch)
    for _ in range(2):
        summarise(store, store.jobs.get(JOB))
    assert calls == [JOB, JOB]


def test_a_result_that_comes_late_is_in_the_sums(store):
    items = _ended(store)
    before = summarise(store, store.jobs.get(JOB))
    with Ledger(store.engine, clock=now) as ledger:
        ledger.end(ok_end(start("open", items[2]), cost=100, finished=done(items[2])))
    after = summarise(store, store.jobs.get(JOB))
    assert after.items == before.items | {"done": 2, "pending": 0}
    assert (before.unconfirmed_attempts, after.unconfirmed_attempts) == (1, 0)


def test_items_that_are_to_be_written_again_are_in_the_sums(store):
    _ended(store)
    summarise(store, store.jobs.get(JOB))
    store.items.reopen(JOB)
    again = summarise(store, store.jobs.get(JOB))
    assert (again.items["flagged"], again.items["pending"]) == (0, 2)


def test_small_jobs_leave_nothing_behind(store, monkeypatch):
    monkeypatch.setattr(tally_table, "_BIG", 4)
    _ended(store)
    summarise(store, store.jobs.get(JOB))
    assert store.tallies.get(store.jobs.get(JOB)) is None


def test_kept_sums_go_with_their_job(store):
    with_items(store, 3, state=JobState.FAILED)
    summarise(store, store.jobs.get(JOB))
    assert store.tallies.get(store.jobs.get(JOB))
    store.jobs.drop(JOB)
    assert store.jobs.page(10) == []


def test_sums_of_an_earlier_end_are_not_shown_for_a_later_one(store):
    _ended(store)
    job = store.jobs.get(JOB)
    totals = store.totals.of_job(JOB)
    store.tallies.keep(job, Tally(states={"done": 9}, totals=totals))
    assert store.tallies.get(job)
    assert store.tallies.get(replace(job, ended_at="2026-11-23T12:00:00.000Z")) is None
