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
    assert store.jobs.wanted_stop(JOB) is None
    store.jobs.want_stop(JOB, StopReason.USER)
    store.jobs.want_stop(JOB, StopReason.DEADLINE)
    assert store.jobs.wanted_stop(JOB) is StopReason.USER


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
    with pytest.raises(Exception, match=r"(?i)foreign key"):
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


def test_text_that_no_database_takes_is_kept_as_unreadable(store):
    store.jobs.add(job_record(source="a\0b.csv", owner="\ud83d", message="broken: \0"))
    job = store.jobs.get(JOB)
    assert (job.source, job.owner, job.message) == ("a\ufffdb.csv", "\ufffd", "broken: \ufffd")
    store.jobs.change(JOB, message="again \0")
    assert store.jobs.get(JOB).message == "again \ufffd"


def test_attempts_follow_each_other_by_code_points_in_every_language(store):
    ids = with_items(store, 4)
    with Ledger(store.engine, clock=now) as ledger:
        for at, (item, session) in enumerate(zip(ids, ("a-1", "B2", "a1", "b0"), strict=True)):
            assert ledger.start(start(f"{session}-{at}", item, session=session))
    assert [line.attempt for line in store.totals.attempts(JOB)] == ["B2-1", "a-1-0", "a1-2", "b0-3"]


@pytest.mark.parametrize("dimension", ["day", "model", "job", "template", "owner", "lane", "locale", "realm"])
def test_costs_can_be_summed_by_every_dimension(store, dimension):
    ids = with_items(store, 3)
    big = 9_000_000_000_000_000  # picodollars: more than 32 bit hold
    with Ledger(store.engine, clock=now) as ledger:
        for at, item in enumerate(ids):
            attempt = start(f"a{at}", item)
            ledger.start(attempt)
            ledger.end(ok_end(attempt, cost=big))
    rows = store.totals.costs([dimension], simulated=False, since="2026-11-22", until="2026-11-22")
    [row] = rows
    assert (row["items"], row["attempts"], row["input_tokens"], row["output_tokens"]) == (3, 3, 30, 15)
    assert row["cost_usd"] == 27_000
    assert {type(row[name]) for name in ("items", "attempts", "input_tokens", "cache_write_tokens")} == {int}
    assert store.jobs.get(JOB).spent_pico == 3 * big
    assert store.totals.costs([dimension], simulated=False, until="2026-11-21") == []
