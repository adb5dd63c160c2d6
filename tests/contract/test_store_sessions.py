from datetime import timedelta

import pytest
from store_making import JOB, now, with_items

from jobs.lifecycle import JobState
from jobs.store.session_table import Heartbeats


def opened(store, *names, kind="worker", slots=4):
    for name in names:
        store.sessions.open(name, kind=kind, host="box", process=7, slots=slots, now=now())


def test_a_session_lives_from_its_beginning_to_its_end(store):
    assert store.sessions.find("s1") is None
    opened(store, "s1")
    assert store.sessions.find("s1")
    store.sessions.close("s1")
    assert store.sessions.find("s1") is None
    assert store.sessions.beats() == {}


def test_every_beat_counts_one_up(store):
    opened(store, "s1", "s2")
    assert store.sessions.beat("s1", now() + timedelta(seconds=5))
    assert store.sessions.beats() == {"s1": 1, "s2": 0}
    [first, _] = store.sessions.workers()
    assert (first.began_at, first.seen_at) == ("2026-11-22T12:00:00.000Z", "2026-11-22T12:00:05.000Z")


def test_only_the_session_whose_beat_stands_still_is_ended(store):
    opened(store, "s1")
    store.sessions.beat("s1", now())
    assert not store.sessions.end_dead("s1", 0)
    assert store.sessions.end_dead("s1", 1)
    assert not store.sessions.end_dead("s1", 1)


def test_who_was_ended_hears_of_it_with_the_next_beat(store):
    opened(store, "s1")
    store.sessions.end_dead("s1", 0)
    assert not store.sessions.beat("s1", now())
    assert not store.sessions.beat("nobody", now())


def test_slots_are_those_of_live_sessions(store):
    assert store.sessions.live_slots() == 0
    opened(store, "s1", "s2", slots=3)
    opened(store, "s3", kind="command", slots=0)
    assert store.sessions.live_slots() == 6
    store.sessions.close("s2")
    assert store.sessions.live_slots() == 3


def test_people_see_the_workers_that_live(store):
    opened(store, "s1", "s2")
    opened(store, "s3", kind="command")
    store.sessions.close("s2")
    [worker] = store.sessions.workers()
    assert (worker.id, worker.host, worker.process, worker.slots, worker.beat) == ("s1", "box", 7, 4, 0)


@pytest.mark.parametrize("end", ["close", "end_dead"])
def test_the_chunks_of_a_session_that_ends_are_ready_for_others(store, end):
    with_items(store, 4, state=JobState.RUNNING, shared=True, proven=True)
    store.chunks.divide(JOB, size=1)
    opened(store, "s1", "s2")
    mine, drained, others, _ = (message.chunk_id for message in store.chunks.dispatch(most=4, now=now()))
    store.chunks.claim(mine, "s1")
    store.chunks.claim(drained, "s1")
    store.chunks.drain(drained, "s1")
    store.chunks.claim(others, "s2")
    store.sessions.close("s1") if end == "close" else store.sessions.end_dead("s1", 0)
    assert store.chunks.counts(JOB) == {"ready": 2, "claimed": 1, "queued": 1}
    again = store.chunks.dispatch(most=4, now=now())
    assert {message.chunk_id for message in again} == {mine, drained}
    assert store.chunks.claim(mine, "s2")
    assert store.chunks.claim(drained, "s1") is None


def test_who_is_silent_for_the_whole_lease_is_dead():
    hearts = Heartbeats(lease_s=60)
    dead = [hearts.observe({"s1": 3, "s2": at}, at * 10.0) for at in range(8)]
    assert dead == [[], [], [], [], [], [], [("s1", 3)], [("s1", 3)]]


def test_a_beat_begins_the_lease_anew():
    hearts = Heartbeats(lease_s=60)
    for at in range(20):
        assert hearts.observe({"s1": at // 5}, at * 10.0) == []


def test_a_session_that_is_new_has_its_whole_lease():
    hearts = Heartbeats(lease_s=60)
    for at_s in range(0, 100, 10):
        hearts.observe({"s1": at_s}, float(at_s))
    assert all(hearts.observe({"s1": at_s, "s2": 0}, float(at_s)) == [] for at_s in range(100, 160, 10))
    assert hearts.observe({"s1": 160, "s2": 0}, 160.0) == [("s2", 0)]


def test_an_observer_that_was_away_kills_nobody():
    hearts = Heartbeats(lease_s=60)
    for at_s in range(0, 60, 10):
        hearts.observe({"s1": 3}, float(at_s))
    assert hearts.observe({"s1": 3}, 81.0) == []
    assert all(hearts.observe({"s1": 3}, float(at_s)) == [] for at_s in range(91, 141, 10))
    assert hearts.observe({"s1": 3}, 141.0) == [("s1", 3)]


def test_a_session_that_ended_is_forgotten():
    hearts = Heartbeats(lease_s=60)
    for at_s in range(0, 50, 10):
        hearts.observe({"s1": 3}, float(at_s))
    assert hearts.observe({}, 50.0) == []
    assert hearts.observe({"s1": 3}, 60.0) == []
