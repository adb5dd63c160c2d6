import pytest
from store_making import JOB, job_record, now, ok_end, start, with_items

from jobs.lifecycle import JobState, StopReason
from jobs.store.ledger import Ledger
from templates.errors import UserError


def test_a_job_comes_back_as_it_was_kept(store):
    record = job_record(cap_pico=2 * 10**12, stop_reason=StopReason.CAP, state=JobState.STOPPED, source="größe.xlsx")
    store.jobs.add(record)
    assert store.jobs.get(JOB) == record


def test_an_unknown_job_is_named_with_the_nearest(store):
    store.jobs.add(job_record())
    with pytest.raises(UserError, match=f'no job "j261122-abc124".*"{JOB}"'):
        store.jobs.get("j261122-abc124")


def test_a_wish_to_stop_is_seen(store):
    store.jobs.add(job_record())
    assert not store.jobs.is_stop_requested(JOB)
    store.jobs.change(JOB, stop_requested=True)
    assert store.jobs.is_stop_requested(JOB)


def test_a_plan_that_was_cut_off_is_forgotten_without_the_job(store):
    with_items(store, 3, twins=2)
    store.jobs.forget_plan(JOB)
    assert store.items.states(JOB) == {}
    assert list(store.items.product_pages(JOB)) == []
    assert store.jobs.get(JOB).id == JOB


def test_a_dropped_job_leaves_nothing(store):
    with_items(store, 3)
    store.jobs.drop(JOB)
    with pytest.raises(UserError):
        store.jobs.get(JOB)


def test_what_has_attempts_cannot_be_dropped_by_mistake(store):
    [item] = with_items(store, 1)
    with Ledger(store.engine, clock=now) as ledger:
        ledger.start(start("a1", item))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.jobs.drop(JOB)
    assert store.jobs.get(JOB).id == JOB


def test_costs_of_realms_are_never_added_up(store):
    [mine] = with_items(store, 1)
    [tried] = with_items(store, 1, job_id="j2", realm="simulated")
    with Ledger(store.engine, clock=now) as ledger:
        for attempt in (start("a1", mine), start("b1", tried, job_id="j2", realm="simulated")):
            ledger.start(attempt)
            ledger.end(ok_end(attempt, cost=400 if attempt.realm == "aws" else 999))
    [real] = store.totals.costs(["job"], simulated=False)
    [simulated] = store.totals.costs(["job"], simulated=True)
    assert (real["job"], real["cost_usd"] * 10**12) == (JOB, 400)
    assert (simulated["job"], simulated["cost_usd"] * 10**12) == ("j2", 999)


def test_the_runs_of_a_catalogue_come_newest_first_and_only_those_before_a_job(store):
    for at in range(4):
        store.jobs.add(job_record(f"j{at}", created_at=f"2026-11-2{at}T12:00:00.000Z"))
    for at, other in enumerate(({"kind": "estimate"}, {"kind": "preview"}, {"realm": "simulated"}, {"catalogue": "x"})):
        store.jobs.add(job_record(f"other{at}", **other))
    assert [job.id for job in store.jobs.of_catalogue("aws", "spring")] == ["j3", "j2", "j1", "j0"]
    assert [job.id for job in store.jobs.of_catalogue("aws", "spring", most=2)] == ["j3", "j2"]
    before = store.jobs.of_catalogue("aws", "spring", before=store.jobs.get("j2"))
    assert [job.id for job in before] == ["j1", "j0"]
