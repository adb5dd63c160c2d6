from datetime import timedelta

import pytest
from chunks_making import dispatched, finish, running, session, together
from store_making import JOB, done, now, start, with_items

from jobs.lifecycle import JobState, StopReason
from jobs.results import ItemState
from jobs.store.ledger import Ledger


def all_claimed(store):
    session(store)
    chunks = dispatched(store, most=100)
    for chunk in chunks:
        store.chunks.claim(chunk, "s1")
    return chunks


def test_a_job_ends_when_its_last_chunk_is_let_go_of(store):
    ids = running(store, 4, size=2, seconds=5.0)
    first, second = all_claimed(store)
    finish(store, ids)
    store.chunks.release("s1", [first], now())
    store.chunks.drain(second, "s1")
    assert store.jobs.settle(JOB, now()) is None
    store.chunks.release("s1", [second], now())
    assert store.jobs.settle(JOB, now() + timedelta(seconds=2)) is JobState.DONE
    job = store.jobs.get(JOB)
    assert (job.state, job.seconds, job.began_at, job.ended_at) == (JobState.DONE, 67, None, "2026-11-22T12:00:02.000Z")
    assert store.jobs.running() == []


def test_an_end_is_settled_by_exactly_one(store):
    finish(store, running(store, 2, size=2))
    store.chunks.release("s1", all_claimed(store), now())
    settled = together(*(lambda: store.jobs.settle(JOB, now()) for _ in range(6)))
    assert [state for state in settled if state] == [JobState.DONE]
    assert store.jobs.settle(JOB, now()) is None


def test_a_job_with_failed_items_ends_as_partial(store):
    first, second = running(store, 2, size=2)
    chunks = all_claimed(store)
    finish(store, [first])
    with Ledger(store.engine, clock=now) as ledger:
        ledger.finish(done(second, state=ItemState.FAILED, copy={}))
    store.chunks.release("s1", chunks, now())
    assert store.jobs.settle(JOB, now()) is JobState.PARTIAL


@pytest.mark.parametrize("ready", [True, False])
def test_a_job_goes_on_while_chunks_are_to_come(store, ready):
    running(store, 2, size=2)
    if not ready:
        dispatched(store)
    assert store.jobs.settle(JOB, now()) is None
    assert store.jobs.running() == [JOB]


def test_a_stopped_job_ends_when_nobody_works_on_it_any_more(store):
    running(store, 3)
    session(store)
    claimed, queued = dispatched(store, most=2)
    store.chunks.claim(claimed, "s1")
    store.jobs.want_stop(JOB, StopReason.CAP)
    assert store.jobs.settle(JOB, now()) is None
    store.chunks.release("s1", [claimed], now())
    assert store.jobs.settle(JOB, now()) is JobState.STOPPED
    assert store.jobs.get(JOB).stop_reason is StopReason.CAP
    assert store.chunks.claim(queued, "s1") is None


def test_a_stop_that_comes_too_late_stops_nothing(store):
    finish(store, running(store, 1))
    store.chunks.release("s1", all_claimed(store), now())
    store.jobs.want_stop(JOB, StopReason.USER)
    assert store.jobs.settle(JOB, now()) is JobState.DONE
    assert store.jobs.get(JOB).stop_reason is None


def test_a_job_that_failed_ends_as_failed_with_what_failed_it(store):
    running(store, 3)
    [chunk] = all_claimed(store)[:1]
    store.jobs.fail(JOB, error='{"code": "access"}', message="No access.")
    store.jobs.want_stop(JOB, StopReason.USER)
    assert store.jobs.settle(JOB, now()) is None
    store.sessions.end_dead("s1", 0)
    assert store.jobs.settle(JOB, now()) is JobState.FAILED
    assert store.jobs.get(JOB).message == "No access."
    assert store.chunks.claim(chunk, "s1") is None


def test_a_job_of_one_process_is_not_settled_by_others(store):
    with_items(store, 1, state=JobState.RUNNING)
    assert store.jobs.settle(JOB, now()) is None
    assert store.jobs.running() == []


def test_followers_see_how_jobs_stand(store):
    running(store, 2, spent_pico=7, finished=1, requests=3, throttled=1, tokens=50)
    store.jobs.want_stop(JOB, StopReason.DEADLINE)
    standing = store.jobs.standing([JOB, "other"])
    assert set(standing) == {JOB}
    mine = standing[JOB]
    assert (mine.state, mine.stop_wanted, mine.error) == (JobState.RUNNING, StopReason.DEADLINE, None)
    assert (mine.proven, mine.spent_pico, mine.finished, mine.failed) == (True, 7, 1, 0)
    assert (mine.requests, mine.throttled, mine.tokens) == (3, 1, 50)


def test_a_request_on_its_way_is_seen_as_long_as_its_chunk_is_held(store):
    first, _ = running(store, 2, size=2)
    assert not store.jobs.has_open_attempts(JOB)
    all_claimed(store)
    assert not store.jobs.has_open_attempts(JOB)
    with Ledger(store.engine, clock=now) as ledger:
        ledger.start(start("a1", first))
    assert store.jobs.has_open_attempts(JOB)
    store.sessions.end_dead("s1", 0)
    assert not store.jobs.has_open_attempts(JOB)
