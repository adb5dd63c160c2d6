import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from chunks_making import running, session, together
from store_making import JOB, done, now, ok_end, start, with_items

from jobs.results import ItemState
from jobs.store.database import StoreError
from jobs.store.ledger import End, Grant, Ledger
from jobs.usage import TokenUsage


def ledger_of(store):
    return Ledger(store.engine, clock=now)


@contextmanager
def shared_by(store, *attempts):
    """A ledger in which these attempts are on their way; what is recorded within shares a transaction.

    Some of it is refused, which is told at the ledger's end and leaves nothing open.
    """
    gate = threading.Event()
    gate.set()
    ledger = Ledger(store.engine, clock=now, sleep=lambda _: gate.wait(20))
    ledger.open()
    for attempt in attempts:
        assert ledger.start(attempt)
    gate.clear()
    yield ledger
    gate.set()
    ledger.flush()
    with pytest.raises(StoreError):
        ledger.close()


def test_only_a_grant_lets_a_request_leave(store):
    first, second = with_items(store, 2, cap_pico=1500)
    store.sessions.end_dead(session(store), 0)
    with ledger_of(store) as ledger:
        assert ledger.start(start("a1", first, session="s2")) is Grant.GRANTED
        assert ledger.start(start("a2", second, session="s2")) is Grant.CAP
        assert ledger.start(start("a3", second, reserved=0)) is Grant.ENDED
    assert [bool(grant) for grant in Grant] == [True, False, False]
    assert [line.attempt for line in store.totals.attempts(JOB)] == ["a1"]


def test_a_dead_session_starts_nothing_more_but_what_it_paid_for_is_kept(store):
    first, second = with_items(store, 2)
    session(store)
    attempt = start("a1", first)
    with ledger_of(store) as ledger:
        assert ledger.start(attempt)
        store.sessions.end_dead("s1", 0)
        assert ledger.start(start("a2", second)) is Grant.ENDED
        ledger.end(ok_end(attempt, cost=400, finished=done(first, text="Late, but paid")))
    [late, _] = store.items.results(JOB)
    assert (late.state, late.copy, late.attempts) == (ItemState.DONE, {"text": "Late, but paid"}, 1)
    assert store.jobs.get(JOB).spent_pico == 400


def test_no_start_slips_in_behind_the_end_of_its_session(store):
    ids = with_items(store, 300)
    session(store)
    granted, ended = [], threading.Event()

    def serve(ledger, mine):
        for item in mine:
            was_over = ended.is_set()
            if ledger.start(start(f"a{item}", item)):
                granted.append(was_over)

    def end():
        while len(granted) < 20:
            ended.wait(0.001)
        store.sessions.end_dead("s1", 0)
        ended.set()

    with ledger_of(store) as ledger:
        together(end, *(lambda mine=ids[at::6]: serve(ledger, mine) for at in range(6)))
    assert len(granted) < 300
    assert not any(granted)


def test_the_first_result_of_an_item_counts_and_a_later_one_only_costs(store):
    [item] = with_items(store, 1, twins=1)
    first, late = start("a1", item, session="s1"), start("a2", item, session="s2")
    with ledger_of(store) as one, ledger_of(store) as other:
        other.start(late)
        one.start(first)
        one.end(ok_end(first, cost=300, finished=done(item, text="First", kept=True)))
        one.flush()
        other.end(ok_end(late, cost=400, finished=done(item, text="Second", kept=True)))
    result, twin = store.items.results(JOB)
    assert (result.copy, twin.copy) == ({"text": "First"}, {"text": "First"})
    assert (result.attempts, result.usage.input_tokens) == (2, 20)
    assert store.totals.of_job(JOB).cost_usd * 10**12 == 700
    assert store.copies.by_fingerprint("aws", ["f0"])["f0"].copy == {"text": "First"}
    job = store.jobs.get(JOB)
    assert (job.spent_pico, job.held_pico, job.finished) == (700, 0, 1)


def test_of_two_results_that_come_together_the_first_counts(store):
    [item] = with_items(store, 1)
    attempts = [start("a1", item), start("a2", item)]
    with ledger_of(store) as ledger:
        for attempt in attempts:
            ledger.start(attempt)
        for attempt, text in zip(attempts, ("First", "Second"), strict=True):
            ledger.end(ok_end(attempt, finished=done(item, text=text)))
        ledger.finish(done(item, text="Third"))
    [result] = store.items.results(JOB)
    assert (result.copy, result.attempts) == ({"text": "First"}, 2)
    assert store.jobs.get(JOB).finished == 1


def test_two_processes_are_never_granted_more_than_the_cap(store):
    ids = with_items(store, 120, cap_pico=25_000)
    granted = []

    def serve(ledger, mine):
        for item in mine:
            attempt = start(f"a{item}", item, reserved=1000)
            if ledger.start(attempt):
                granted.append(item)
                ledger.end(ok_end(attempt, cost=1000 if item % 2 else 300))

    with ledger_of(store) as one, ledger_of(store) as other:
        ledgers = [one, other]
        together(*(lambda at=at: serve(ledgers[at % 2], ids[at::8]) for at in range(8)))
    job = store.jobs.get(JOB)
    assert job.held_pico == 0
    assert 20_000 < job.spent_pico <= 25_000
    assert job.spent_pico == store.totals.of_job(JOB).cost_usd * 10**12
    assert job.requests == len(granted) == store.totals.of_job(JOB).requests


def test_two_processes_that_end_the_same_items_never_wait_for_each_other_forever(store):
    ids = with_items(store, 40)

    def serve(name, mine):
        with ledger_of(store) as ledger:
            attempts = [start(f"{name}{item:03d}", item) for item in mine]
            for attempt in attempts:
                ledger.end(ok_end(attempt, finished=done(attempt.item_id, text=name)))

    with ledger_of(store) as ledger:
        for name in "ab":
            for item in ids:
                ledger.start(start(f"{name}{item:03d}", item))
    together(lambda: serve("a", ids), lambda: serve("b", ids[::-1]))
    assert store.items.states(JOB) == {"done": 40}
    assert (store.jobs.get(JOB).finished, store.jobs.get(JOB).spent_pico) == (40, 80 * 400)


def test_a_job_counts_what_its_session_did(store):
    first, second, third = with_items(store, 3)
    tokens = TokenUsage(input_tokens=30, output_tokens=12)
    with ledger_of(store) as ledger:
        for name, item in (("a1", first), ("a2", first), ("a3", second)):
            ledger.start(start(name, item))
        ledger.end(End(start=start("a1", first), outcome="unbilled", error="throttled"))
        ledger.end(ok_end(start("a2", first), usage=tokens, finished=done(first)))
        ledger.end(ok_end(start("a3", second), usage=tokens, finished=done(second, state=ItemState.FAILED, copy={})))
        ledger.finish(done(third, state=ItemState.FAILED, copy={}))
    job = store.jobs.get(JOB)
    assert (job.finished, job.failed, job.requests, job.throttled, job.tokens) == (3, 2, 3, 1, 84)
    store.jobs.recount(JOB)
    job = store.jobs.get(JOB)
    assert (job.finished, job.failed, job.requests, job.throttled, job.tokens) == (0, 0, 0, 0, 0)
    assert job.spent_pico == 800


def test_what_was_recorded_is_committed_after_a_flush(store):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        attempt = start("a1", item)
        ledger.start(attempt)
        ledger.end(ok_end(attempt, finished=done(item)))
        ledger.flush()
        assert store.items.states(JOB) == {"done": 1}


def test_a_long_wait_is_over_once_the_item_had_a_result(store):
    [item] = running(store, 1)
    later = now() + timedelta(minutes=5)
    store.items.put_off(item, until=later, met={"throttled": 3})
    assert store.items.open_between(JOB, item, item, now()) == []
    with ledger_of(store) as ledger:
        ledger.finish(done(item, state=ItemState.FAILED, copy={}))
    store.items.put_off(item, until=later, met={"throttled": 3})
    store.items.reopen(JOB)
    [due] = store.items.open_between(JOB, item, item, now())
    assert (due.id, due.met) == (item, {})


def test_open_attempts_are_unconfirmed_once_their_session_has_ended(store):
    first, second = with_items(store, 2)
    session(store)
    session(store, "s2")
    with ledger_of(store) as ledger:
        ledger.start(start("a1", first))
        ledger.start(start("a2", second, session="s2"))
    assert store.totals.of_job(JOB).unconfirmed_attempts == 0
    store.sessions.end_dead("s1", 0)
    assert store.totals.of_job(JOB).unconfirmed_attempts == 1
    # Of a job that one process runs, its lock says who is dead.
    assert store.totals.of_job(JOB, live_session="").unconfirmed_attempts == 2
    assert store.totals.of_job(JOB, live_session="s1").unconfirmed_attempts == 1


def test_tokens_are_counted_beyond_what_32_bits_hold(store):
    [item] = with_items(store, 1)
    tokens = TokenUsage(input_tokens=3 * 10**9, output_tokens=12)
    with ledger_of(store) as ledger:
        for name in ("a1", "a2"):
            ledger.start(start(name, item))
            ledger.end(ok_end(start(name, item), usage=tokens, finished=done(item)))
    [result] = store.items.results(JOB)
    assert result.usage.input_tokens == store.jobs.get(JOB).tokens - 24 == 6 * 10**9
    [costs] = store.totals.costs(["job"], simulated=False)
    counts = [costs["input_tokens"], store.totals.of_job(JOB).usage.input_tokens]
    assert [(type(count), count) for count in counts] == [(int, 6 * 10**9)] * 2


def test_an_end_that_the_store_refuses_fails_alone(store):
    first, bad, last = with_items(store, 3)
    attempts = [start(f"a{item}", item) for item in (first, bad, last)]
    with shared_by(store, *attempts) as ledger:
        for attempt in attempts:
            cost = 2**70 if attempt.item_id == bad else 400
            ledger.end(ok_end(attempt, cost=cost, finished=done(attempt.item_id)))
    assert [result.state for result in store.items.results(JOB)] == ["done", "failed", "done"]
    assert "could not be stored" in list(store.items.results(JOB))[1].notes
    lines = {line.attempt: (line.outcome, line.error) for line in store.totals.attempts(JOB)}
    assert lines[f"a{bad}"] == ("unconfirmed", "store")
    job = store.jobs.get(JOB)
    # What the reply cost is not known: it stays held.
    assert (job.spent_pico, job.held_pico, job.finished, job.failed) == (800, 1000, 3, 1)


def test_a_reply_whose_result_the_store_refuses_keeps_its_cost(store):
    [item] = with_items(store, 1)
    attempt = start("a1", item)
    with shared_by(store, attempt) as ledger:
        ledger.end(ok_end(attempt, cost=400, finished=done(item, kept_as={"realm": "aws"})))
    [result] = store.items.results(JOB)
    assert (result.state, result.copy, result.attempts) == (ItemState.FAILED, {}, 1)
    assert (store.jobs.get(JOB).spent_pico, store.jobs.get(JOB).held_pico) == (400, 0)
    assert store.totals.of_job(JOB).unconfirmed_attempts == 0


def test_a_start_that_the_store_refuses_fails_alone(store):
    first, second = with_items(store, 2)
    told = []

    def ask(ledger, attempt):
        with suppress(StoreError):
            told.append(ledger.start(attempt))

    with shared_by(store, start("a1", first)) as ledger:
        asking = [threading.Thread(target=ask, args=(ledger, start(name, second))) for name in ("a1", "a2")]
        for thread in asking:
            thread.start()
        while ledger._queue.qsize() < 1:  # the writer holds the other one already
            threading.Event().wait(0.001)
    for thread in asking:
        thread.join()
    assert told == [Grant.GRANTED]
    assert [line.attempt for line in store.totals.attempts(JOB)] == ["a1", "a2"]
    assert store.jobs.get(JOB).held_pico == 2000
