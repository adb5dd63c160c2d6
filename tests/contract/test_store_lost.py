import threading

import pytest
from chunks_making import dispatched, running, session
from store_making import JOB, done, now, ok_end, start, with_items

from jobs.results import ItemState
from jobs.store.database import StoreError, store_lost
from jobs.store.ledger import Grant, Ledger


@pytest.fixture
def lose(store, monkeypatch):
    """Lose the connection with the next commits: lose("before") or lose("after") the database has written them."""
    commit = store.engine.dialect.do_commit
    losses = []

    def do_commit(connection):
        loss = losses.pop(0) if losses else None
        if loss != "before":
            commit(connection)
        if loss:
            raise store_lost(ConnectionResetError("reset by peer"), in_doubt=True)

    monkeypatch.setattr(store.engine.dialect, "do_commit", do_commit)
    return lambda *times: losses.extend(times)


def ledger_of(store, *, patience_s=60.0, waits=None):
    """A ledger that waits for nothing."""
    return Ledger(store.engine, clock=now, patience_s=patience_s, sleep=(waits if waits is not None else []).append)


def claim(store, name):
    session(store, name)
    for chunk in dispatched(store):
        store.chunks.claim(chunk, name)


@pytest.mark.parametrize("losses", [["before"], ["after"], ["before", "before", "after"], ["after", "after"]])
def test_a_start_is_recorded_once_whenever_the_database_is_lost(store, lose, losses):
    first, second = with_items(store, 2, cap_pico=1500)
    with ledger_of(store) as ledger:
        lose(*losses)
        assert ledger.start(start("a1", first, reserved=1000)) is Grant.GRANTED
        lose(*losses)
        assert ledger.start(start("a2", second, reserved=1000)) is Grant.CAP
    job = store.jobs.get(JOB)
    assert (job.held_pico, job.requests) == (1000, 1)
    assert [line.attempt for line in store.totals.attempts(JOB)] == ["a1"]


@pytest.mark.parametrize("losses", [["before"], ["after"], ["before", "after", "after"]])
def test_an_end_and_its_result_are_written_once_whenever_the_database_is_lost(store, lose, losses):
    [item] = with_items(store, 1, twins=1)
    attempt = start("a1", item)
    with ledger_of(store) as ledger:
        ledger.start(attempt)
        lose(*losses)
        ledger.end(ok_end(attempt, cost=400, finished=done(item, kept=True)))
    assert store.items.states(JOB) == {"done": 1, "reused": 1}
    [result, _] = store.items.results(JOB)
    assert (result.attempts, result.usage.input_tokens) == (1, 10)
    job = store.jobs.get(JOB)
    assert (job.spent_pico, job.held_pico, job.finished, job.tokens) == (400, 0, 1, 15)


@pytest.mark.parametrize("loss", ["before", "after"])
def test_a_result_without_an_attempt_is_counted_once(store, lose, loss):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        lose(loss, loss)
        ledger.finish(done(item, state=ItemState.FAILED, copy={}))
    job = store.jobs.get(JOB)
    assert (job.finished, job.failed) == (1, 1)


def test_a_refused_start_of_a_session_that_ended_meanwhile_is_told_so(store, lose):
    first, second = with_items(store, 2)
    store.sessions.open("s1", kind="worker", host="box", process=7, slots=4, now=now())
    with ledger_of(store) as ledger:
        attempt = start("a1", first)
        ledger.start(attempt)
        store.sessions.end_dead("s1", 0)
        lose("after")
        ledger.end(ok_end(attempt, finished=done(first)))
        assert ledger.start(start("a2", second)) is Grant.ENDED
    assert store.items.states(JOB) == {"done": 1, "pending": 1}


def test_a_lost_database_is_waited_out_with_growing_waits(store, lose):
    [item] = with_items(store, 1)
    waits = []
    with ledger_of(store, waits=waits) as ledger:
        lose(*["before"] * 6)
        ledger.start(start("a1", item))
    waits = [wait for wait in waits if wait not in (0.002, 0.01, 0.02, 0.06)]
    assert waits == sorted(waits)
    assert len(waits) == 6
    assert waits[-1] <= 1


def test_without_patience_a_lost_database_is_told_at_once(store, lose):
    [item] = with_items(store, 1)
    ledger = ledger_of(store, patience_s=0.0)
    ledger.open()
    lose("before")
    with pytest.raises(StoreError, match="reset by peer"):
        ledger.start(start("a1", item))
    with pytest.raises(StoreError, match="reset by peer"):
        ledger.flush()
    with pytest.raises(StoreError, match="reset by peer"):
        ledger.close()
    assert list(store.totals.attempts(JOB)) == []


def test_a_loss_is_told_by_one_flush_and_the_session_is_closed_for_what_never_ends(store, lose):
    [item] = running(store, 1)
    claim(store, "s1")
    attempt = start("a1", item)
    ledger = ledger_of(store, patience_s=0.0)
    ledger.open()
    ledger.start(attempt)
    lose("before")
    ledger.end(ok_end(attempt, finished=done(item)))
    with pytest.raises(StoreError, match="reset by peer"):
        ledger.flush()
    assert store.jobs.has_open_attempts(JOB)
    store.sessions.close("s1")
    claim(store, "s2")
    assert not store.jobs.has_open_attempts(JOB)
    again = start("a2", item, session="s2")
    assert ledger.start(again)
    ledger.end(ok_end(again, finished=done(item)))
    ledger.flush()
    assert store.items.states(JOB) == {"done": 1}
    with pytest.raises(StoreError, match="reset by peer"):
        ledger.close()


def test_beside_a_refused_end_the_others_are_written_once_whenever_the_database_is_lost(store, lose):
    bad, good = with_items(store, 2)
    gate = threading.Event()
    gate.set()
    ledger = Ledger(store.engine, clock=now, patience_s=60, sleep=lambda _: gate.wait(20))
    ledger.open()
    for name, item in (("a1", bad), ("a2", good)):
        ledger.start(start(name, item))
    gate.clear()
    ledger.end(ok_end(start("a2", good), cost=300, finished=done(good)))
    ledger.end(ok_end(start("a1", bad), cost=2**70, finished=done(bad)))
    # The first of the two by itself, which is written although its commit gets no answer.
    lose("after")
    gate.set()
    ledger.flush()
    with pytest.raises(StoreError):
        ledger.close()
    assert store.items.states(JOB) == {"done": 1, "failed": 1}
    job = store.jobs.get(JOB)
    assert (job.spent_pico, job.held_pico, job.finished, job.failed) == (300, 1000, 2, 1)
