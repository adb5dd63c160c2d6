from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from chunks_making import dispatched, finish, running, session, together
from store_making import JOB, now, with_items

from jobs.lifecycle import JobState, StopReason

LATER = now() + timedelta(minutes=10)


def test_open_items_are_divided_in_the_order_of_planning(store):
    ids = running(store, 7, twins=2)
    finish(store, ids[1:2])
    assert store.chunks.divide(JOB, size=4) == 2
    session(store)
    first, second = (store.chunks.claim(chunk, "s1") for chunk in dispatched(store))
    items = [
        [item.id for item in store.items.open_between(JOB, chunk.first_item, chunk.last_item, now())]
        for chunk in (first, second)
    ]
    assert items == [[ids[0], *ids[2:5]], ids[5:]]


def test_a_job_without_open_items_has_no_chunks(store):
    finish(store, running(store, 2))
    assert store.chunks.divide(JOB, size=50) == 0
    assert store.chunks.counts(JOB) == {}


def test_many_items_are_divided_without_a_gap(store):
    ids = running(store, 5003)
    assert store.chunks.divide(JOB, size=50) == 101
    session(store)
    chunks = [store.chunks.claim(chunk, "s1") for chunk in dispatched(store, most=200)]
    assert [chunk.first_item for chunk in chunks] == ids[::50]
    assert [chunk.last_item for chunk in chunks] == [*ids[49::50], ids[-1]]


def test_a_job_that_is_divided_again_keeps_nothing_of_its_old_chunks(store):
    running(store, 6)
    old = dispatched(store)
    assert store.chunks.divide(JOB, size=2) == 3
    assert store.chunks.counts(JOB) == {"ready": 3}
    session(store)
    assert [store.chunks.claim(chunk, "s1") for chunk in old] == [None] * 6


def test_chunks_go_out_until_so_many_are_with_workers(store):
    running(store, 20)
    session(store)
    first = dispatched(store, most=3)
    assert len(first) == 3
    assert dispatched(store, most=3) == []
    store.chunks.claim(first[0], "s1")
    assert dispatched(store, most=3) == []
    store.chunks.drain(first[0], "s1")
    assert len(dispatched(store, most=3)) == 1
    assert store.chunks.counts(JOB) == {"queued": 3, "draining": 1, "ready": 16}


def test_jobs_get_their_shares_by_weight(store):
    running(store, 40, weight=1)
    running(store, 40, job_id="j2", weight=3)
    dispatched(store, most=16)
    assert (store.chunks.counts(JOB)["queued"], store.chunks.counts("j2")["queued"]) == (4, 12)
    dispatched(store, most=24)
    assert (store.chunks.counts(JOB)["queued"], store.chunks.counts("j2")["queued"]) == (6, 18)


def test_what_one_job_cannot_use_the_others_get(store):
    running(store, 2, weight=3)
    running(store, 40, job_id="j2", weight=1)
    assert len(dispatched(store, most=10)) == 10


def test_with_a_single_slot_all_jobs_get_on(store):
    for job_id in (JOB, "j2", "j3"):
        running(store, 40, job_id=job_id)
    session(store)
    got = Counter()
    for _ in range(60):
        [chunk] = dispatched(store, most=1)
        got[store.chunks.claim(chunk, "s1").job_id] += 1
        store.chunks.drain(chunk, "s1")
    assert all(got[job_id] > 8 for job_id in (JOB, "j2", "j3"))


def test_a_job_that_had_no_good_reply_yet_has_one_chunk_out(store):
    running(store, 5, proven=False)
    running(store, 5, job_id="j2", proven=False, urgent=True)
    session(store)
    first = dispatched(store)
    assert len(first) == 2
    for chunk in first:
        store.chunks.claim(chunk, "s1")
        assert dispatched(store) == []
        store.chunks.drain(chunk, "s1")
        assert dispatched(store) == []
    store.jobs.change(JOB, proven=True)
    assert len(dispatched(store)) == 4


def test_urgent_chunks_go_first_however_much_is_out(store):
    running(store, 20)
    assert len(dispatched(store, most=5)) == 5
    running(store, 3, job_id="j2", urgent=True)
    messages = store.chunks.dispatch(most=5, now=now())
    assert [message.urgent for message in messages] == [True] * 3
    running(store, 100, job_id="j3", urgent=True)
    assert len(store.chunks.dispatch(most=5, now=now())) == 64


def test_a_job_that_is_to_stop_gives_nothing_more(store):
    running(store, 5)
    session(store)
    queued = dispatched(store, most=2)
    store.jobs.want_stop(JOB, StopReason.USER)
    assert dispatched(store) == []
    assert [store.chunks.claim(chunk, "s1") for chunk in queued] == [None, None]


def test_a_job_that_failed_gives_nothing_more(store):
    running(store, 5)
    session(store)
    [queued] = dispatched(store, most=1)
    store.jobs.fail(JOB, error="{}", message="No access.")
    store.jobs.fail(JOB, error='{"second": 1}', message="Something else.")
    assert dispatched(store) == []
    assert store.chunks.claim(queued, "s1") is None
    assert (store.jobs.get(JOB).error, store.jobs.get(JOB).message) == ("{}", "No access.")


@pytest.mark.parametrize("values", [{"state": JobState.STOPPED}, {"shared": False}])
def test_only_jobs_that_workers_run_are_given_out(store, values):
    running(store, 5, **values)
    assert dispatched(store) == []


def test_a_chunk_is_claimed_once(store):
    running(store, 1)
    session(store)
    session(store, "s2")
    [chunk] = dispatched(store)
    assert store.chunks.claim(chunk, "s1").id == chunk
    assert store.chunks.claim(chunk, "s2") is None
    assert store.chunks.claim(chunk, "s1") is None
    assert store.chunks.claim(10**9, "s1") is None


def test_of_two_that_claim_at_the_same_time_one_gets_the_chunk(store):
    running(store, 20)
    session(store)
    session(store, "s2")
    for chunk in dispatched(store, most=20):
        claimed = together(*(partial(store.chunks.claim, chunk, name) for name in ("s1", "s2")))
        assert len([one for one in claimed if one]) == 1


def test_of_many_that_dispatch_at_the_same_time_none_gives_out_what_another_gave(store):
    running(store, 60)
    messages = together(*(lambda: dispatched(store, most=40) for _ in range(6)))
    chunks = [chunk for given in messages for chunk in given]
    assert len(chunks) == len(set(chunks)) == 40


def test_a_session_that_has_ended_claims_nothing(store):
    running(store, 1)
    store.sessions.end_dead(session(store), 0)
    [chunk] = dispatched(store)
    assert store.chunks.claim(chunk, "s1") is None
    assert store.chunks.counts(JOB) == {"queued": 1}


def test_a_chunk_is_done_when_nothing_in_it_is_open(store):
    ids = running(store, 6, size=3)
    session(store)
    whole, half = dispatched(store)
    for chunk in (whole, half):
        store.chunks.claim(chunk, "s1")
    finish(store, ids[:4])
    assert store.chunks.release("s1", [whole, half], now()) == {JOB}
    assert store.chunks.counts(JOB) == {"done": 1, "ready": 1}
    assert dispatched(store) == [half]


def test_nobody_lets_go_of_what_another_session_holds(store):
    running(store, 1)
    session(store)
    session(store, "s2")
    [chunk] = dispatched(store)
    store.chunks.claim(chunk, "s1")
    assert store.chunks.release("s2", [chunk], now()) == set()
    store.chunks.drain(chunk, "s2")
    assert store.chunks.counts(JOB) == {"claimed": 1}


def test_a_chunk_whose_items_all_wait_is_ready_when_the_first_is_due(store):
    first, second = running(store, 2, size=2)
    session(store)
    [chunk] = dispatched(store)
    store.chunks.claim(chunk, "s1")
    store.items.put_off(first, until=LATER, met={"not_ready": 2})
    store.items.put_off(second, until=LATER + timedelta(hours=1), met={})
    store.chunks.release("s1", [chunk], now())
    assert dispatched(store) == []
    assert store.chunks.counts(JOB) == {"ready": 1}
    assert dispatched(store, when=LATER) == [chunk]
    claimed = store.chunks.claim(chunk, "s1")
    [due] = store.items.open_between(JOB, claimed.first_item, claimed.last_item, LATER)
    assert (due.id, due.met) == (first, {"not_ready": 2})


def test_a_chunk_with_an_item_that_does_not_wait_is_ready_at_once(store):
    first, _ = running(store, 2, size=2)
    session(store)
    [chunk] = dispatched(store)
    store.chunks.claim(chunk, "s1")
    store.items.put_off(first, until=LATER, met={})
    store.chunks.release("s1", [chunk], now())
    assert dispatched(store) == [chunk]


def test_a_message_that_is_out_for_long_is_sent_again(store):
    running(store, 3)
    session(store)
    claimed, *_ = dispatched(store, most=2)
    store.chunks.claim(claimed, "s1")
    assert store.chunks.requeue(queued_before=now()) == 0
    assert store.chunks.requeue(queued_before=LATER) == 1
    assert store.chunks.counts(JOB) == {"claimed": 1, "ready": 2}


def test_of_several_who_submit_a_job_one_does(store):
    with_items(store, 6)
    counts = together(
        *[lambda: store.chunks.submit(JOB, size=2, now=now(), detached=False) for _ in range(4)],
    )
    assert sorted(counts, key=str) == [3, None, None, None]
    store.jobs.change(JOB, proven=True)
    assert len(store.chunks.dispatch(most=10, now=now())) == 3
