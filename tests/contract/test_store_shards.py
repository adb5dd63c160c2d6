from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from chunks_making import session
from sqlalchemy import select, text
from store_making import JOB, MODEL, done, now, ok_end, start, with_items

from jobs.lifecycle import JobState, StopReason
from jobs.outstanding import outstanding, refuse_outstanding
from jobs.results import ItemState
from jobs.store.attempts import End, Grant
from jobs.store.schema import shards
from jobs.store.shard_ledger import Harvested, Note, ShardLedger
from jobs.store.shard_table import ClaimLostError, ShardState
from templates.errors import UserError

LATER = now() + timedelta(minutes=10)


def planned(store, count=5, *, most=100, **job):
    ids = with_items(store, count, **({"lane": "batch", "shared": True, "state": JobState.RUNNING} | job))
    store.shards.plan(JOB, name="b1", most_records=most, now=now())
    return ids


def claimed(store, **job):
    ids = planned(store, **job)
    session(store)
    [shard] = store.shards.open(JOB)
    return ids, store.shards.claim(shard.id, "s1")


def starts_of(shard, ids, **values):
    return [start(f"{shard.name}-{item:09d}", item, session=shard.name, lane="batch", **values) for item in ids]


def ledger_of(store):
    return ShardLedger(store.engine, clock=now)


def closed(store, shard):
    return store.shards.release(store.shards.change(shard, state=ShardState.CLOSED))


@pytest.mark.parametrize(
    ("count", "most", "sizes"), [(10, 100, [10]), (10, 4, [4, 3, 3]), (9, 3, [3, 3, 3]), (1, 1, [1])]
)
def test_open_items_are_shared_out_evenly_and_no_shard_is_above_its_limit(store, count, most, sizes):
    ids = planned(store, count, most=most)
    shards = store.shards.of_job(JOB)
    held = [
        [
            item.id
            for item in store.items.open_of_model(JOB, MODEL, after=one.first_item - 1, last=one.last_item, size=99)
        ]
        for one in shards
    ]
    assert sorted(map(len, held), reverse=True) == sizes
    assert [item for part in held for item in part] == ids


def test_a_job_with_an_open_shard_is_not_divided_again(store):
    planned(store)
    assert store.shards.plan(JOB, name="b2", most_records=100, now=now()) == 0
    session(store)
    [shard] = store.shards.open(JOB)
    closed(store, store.shards.claim(shard.id, "s1"))
    assert store.shards.plan(JOB, name="b2", most_records=100, now=now()) == 1
    assert [shard.round for shard in store.shards.of_job(JOB)] == [1, 2]


def test_of_two_workers_one_gets_a_shard_and_the_other_may_not_write(store):
    _, shard = claimed(store)
    session(store, "s2")
    assert store.shards.claim(shard.id, "s2") is None
    store.shards.release(shard)
    other = store.shards.claim(shard.id, "s2")
    assert other is not None
    with pytest.raises(ClaimLostError):
        store.shards.change(shard, tries=7)
    with pytest.raises(ClaimLostError):
        ledger_of(store).reserve(shard, [])
    assert store.shards.get(shard.id).tries == 0


def test_a_session_that_ends_lets_go_of_its_shards(store):
    _, shard = claimed(store)
    store.sessions.close("s1")
    assert store.shards.get(shard.id).session is None


def test_attempts_of_a_shard_start_once_however_often_they_are_recorded(store):
    ids, shard = claimed(store)
    ledger = ledger_of(store)
    for _ in range(2):
        assert ledger.reserve(shard, starts_of(shard, ids)) == [Grant.GRANTED] * 5
    assert store.jobs.get(JOB).held_pico == 5000
    assert ledger.started(shard) == 5


def test_the_cap_refuses_what_does_not_fit_and_keeps_what_was_granted(store):
    ids, shard = claimed(store, cap_pico=2500)
    ledger = ledger_of(store)
    assert Counter(ledger.reserve(shard, starts_of(shard, ids))) == {Grant.GRANTED: 2, Grant.CAP: 3}
    assert ledger.left(shard) == [f"{shard.name}-{item:09d}" for item in ids[:2]]


def test_a_record_that_is_harvested_twice_is_booked_once(store):
    ids, shard = claimed(store)
    ledger, begun = ledger_of(store), starts_of(shard, ids)
    ledger.reserve(shard, begun)
    page = Harvested(
        ends=[ok_end(one, finished=done(one.item_id)) for one in begun[:3]],
        counted_as={one.attempt: ("replied",) for one in begun[:3]},
    )
    assert ledger.settle(shard, page) == 3
    assert ledger.settle(shard, page) == 0
    kept = store.shards.get(shard.id)
    assert (kept.replied, kept.input_tokens, kept.output_tokens) == (3, 30, 15)
    job = store.jobs.get(JOB)
    assert (job.spent_pico, job.held_pico) == (1200, 2000)
    assert store.items.states(JOB) == {"done": 3, "pending": 2}
    assert ledger.left(shard) == [one.attempt for one in begun[3:]]


def test_an_item_that_comes_back_unfinished_takes_its_draft_to_the_next_try(store):
    ids, shard = claimed(store)
    ledger, [begun] = ledger_of(store), starts_of(shard, ids[:1])
    ledger.reserve(shard, [begun])
    ledger.settle(shard, Harvested(ends=[ok_end(begun)], notes=[Note(ids[0], {"internal": 1}, {"text": "too long"})]))
    [item] = store.items.open_page(JOB, 0, 1)
    assert (item.met, item.draft) == ({"internal": 1}, {"text": "too long"})
    # Its result forgets it.
    other = replace(begun, attempt="later")
    ledger.reserve(shard, [other])
    ledger.settle(shard, Harvested(ends=[ok_end(other, finished=done(ids[0]))]))
    store.jobs.change(JOB, state=JobState.DONE)
    assert store.items.reopen(JOB) == 0
    assert store.items.states(JOB)[ItemState.DONE] == 1


def test_attempts_in_an_open_shard_are_on_their_way_and_not_unconfirmed(store):
    ids, shard = claimed(store)
    ledger_of(store).reserve(shard, starts_of(shard, ids))
    store.sessions.close("s1")
    assert store.totals.of_job(JOB).unconfirmed_attempts == 0
    closed(store, store.shards.claim(shard.id, "s3"))
    assert store.totals.of_job(JOB).unconfirmed_attempts == 5


def test_a_new_session_leaves_out_the_rounds_that_were_over_before_it(store):
    _, shard = claimed(store)
    store.jobs.recount(JOB)
    assert store.jobs.get(JOB).rounds_before == 0, "it is under way"
    closed(store, shard)
    store.jobs.recount(JOB)
    assert store.jobs.get(JOB).rounds_before == 1
    store.shards.plan(JOB, name="b2", most_records=2, now=now())
    store.jobs.recount(JOB)
    assert store.jobs.get(JOB).rounds_before == 1


def test_what_is_not_sent_is_no_request(store):
    ids, shard = claimed(store)
    starts = starts_of(shard, ids)
    ledger_of(store).reserve(shard, starts)
    assert store.totals.of_job(JOB).requests == 0
    shard = store.shards.change(shard, state=ShardState.READY, asked_at="2026-11-22T12:00:00.000Z")
    assert store.totals.of_job(JOB).requests == 5, "they may be on their way"
    ends = [End(start=starts[0], outcome="unbilled", error="not_sent"), End(start=starts[1], outcome="unbilled")]
    ledger_of(store).settle(shard, Harvested(ends=ends))
    assert store.totals.of_job(JOB).requests == 4


def test_items_that_batch_jobs_of_another_job_write_are_known(store):
    """By their text: the first job's shards have f0 to f4, and the other one wants f0 to f6."""
    _, shard = claimed(store, state=JobState.STOPPED)
    with_items(store, 7, job_id="j2", twins=2)
    with_items(store, 7, job_id="j3", realm="elsewhere")
    assert outstanding(store, "j2") == {}, "nobody has asked for it, and its job does not run"
    store.jobs.change(JOB, state=JobState.RUNNING)
    assert outstanding(store, "j2") == {JOB: 5}
    store.jobs.change(JOB, state=JobState.STOPPED)
    shard = store.shards.change(shard, state=ShardState.READY, asked_at="2026-11-22T12:00:00.000Z")
    assert outstanding(store, "j2") == {JOB: 5}
    assert outstanding(store, "j3") == outstanding(store, JOB) == {}
    with pytest.raises(UserError, match=f"Batch jobs of {JOB} are writing 5 of these items already"):
        refuse_outstanding(store, "j2")
    closed(store, shard)
    assert outstanding(store, "j2") == {}


def test_a_job_that_runs_in_the_batch_lane_has_all_its_items_before_its_shards_are_made(store):
    with_items(store, 5, lane="batch", state=JobState.RUNNING)
    with_items(store, 3, job_id="j2")
    assert outstanding(store, "j2") == {JOB: 3}
    store.jobs.change(JOB, rest_lane="on-demand")
    assert outstanding(store, "j2") == {}


def test_what_does_not_fit_becomes_a_shard_of_its_own(store):
    ids, shard = claimed(store)
    store.shards.ready(shard, rest_name="b2", now=now(), last_item=ids[2], records=3)
    first, rest = store.shards.open(JOB)
    assert (first.state, first.last_item, rest.first_item, rest.last_item) == (
        ShardState.READY,
        ids[2],
        ids[2] + 1,
        ids[-1],
    )
    assert (rest.name, rest.round, rest.state) == ("b2", 1, ShardState.PLANNED)


def test_a_job_is_told_once_of_what_is_due_and_again_when_nobody_came(store):
    planned(store)
    before = now() - timedelta(minutes=1)
    assert store.shards.due(now(), queued_before=before) == [JOB]
    assert store.shards.due(now(), queued_before=before) == []
    assert store.shards.due(LATER, queued_before=LATER - timedelta(minutes=1)) == [JOB]


def test_a_shard_that_waits_is_due_when_its_time_has_come_or_its_job_is_to_stop(store):
    _, shard = claimed(store)
    store.shards.release(shard, due_at=LATER)
    before = now() - timedelta(minutes=1)
    assert store.shards.due(now(), queued_before=before) == []
    store.jobs.want_stop(JOB, StopReason.USER)
    assert store.shards.due(now(), queued_before=before) == [JOB]


def test_a_job_between_two_rounds_is_due(store):
    planned(store, lane="batch")
    session(store)
    [shard] = store.shards.open(JOB)
    closed(store, store.shards.claim(shard.id, "s1"))
    assert store.shards.due(now(), queued_before=now()) == [JOB]
    assert store.jobs.settle(JOB, now()) is None
    assert store.chunks.begin_rest(JOB, "flex", size=2)
    assert not store.chunks.begin_rest(JOB, "on-demand", size=2)
    assert store.jobs.get(JOB).sending_lane == "flex"
    assert store.shards.due(now(), queued_before=now()) == []
    assert store.chunks.counts(JOB) == {"ready": 3}


def test_a_job_that_is_to_stop_ends_when_its_shards_are_closed_and_one_that_fails_at_once(store):
    _, shard = claimed(store)
    store.jobs.want_stop(JOB, StopReason.USER)
    store.shards.release(shard)
    assert store.jobs.settle(JOB, now()) is None
    store.jobs.fail(JOB, error="{}", message="no")
    store.shards.claim(shard.id, "s1")
    assert store.jobs.settle(JOB, now()) is None
    store.shards.release(shard)
    assert store.jobs.settle(JOB, now()) is JobState.FAILED


def test_objects_are_removed_of_closed_shards_of_jobs_that_have_ended(store):
    _, shard = claimed(store)
    shard = store.shards.change(shard, input_uri="s3://b/x", state=ShardState.CLOSED)
    store.shards.release(shard)
    assert store.shards.cleanable(LATER) == []
    store.jobs.change(JOB, state=JobState.DONE, ended_at="2026-11-22T12:01:00.000Z")
    assert [one.id for one in store.shards.cleanable(LATER)] == [shard.id]
    assert store.shards.cleanable(now()) == []
    store.shards.mark_removed(shard.id, LATER)
    assert store.shards.cleanable(LATER) == []


def test_a_dropped_plan_leaves_no_shards(store):
    planned(store, shared=False)
    store.jobs.drop(JOB)
    assert store.shards.listed() == []


def test_an_attempt_that_has_ended_is_not_granted_again(store):
    """Nothing is held for it any more: sent nevertheless, it would be above the cap and its reply would be lost."""
    ids, shard = claimed(store)
    ledger, begun = ledger_of(store), starts_of(shard, ids)
    ledger.reserve(shard, begun)
    ledger.settle(shard, Harvested(ends=[ok_end(begun[0])]))
    assert ledger.reserve(shard, begun) == [Grant.ENDED, *[Grant.GRANTED] * 4]


def test_a_session_that_has_ended_gets_no_shard(store):
    """It would hold it for ever: nobody ends a session twice."""
    planned(store)
    session(store)
    store.sessions.close("s1")
    [shard] = store.shards.open(JOB)
    assert store.shards.claim(shard.id, "s1") is None
    session(store, "s2")
    assert store.shards.claim(shard.id, "s2") is not None


def test_a_job_whose_lane_was_changed_is_not_over_before_its_rest_has_begun(store):
    """`resume --lane on-demand` on workers, killed between the last shard and the chunks of the rest."""
    _, shard = claimed(store)
    store.jobs.change(JOB, lane="on-demand")
    closed(store, shard)
    assert store.jobs.settle(JOB, LATER) is None
    assert store.shards.due(LATER, queued_before=now()) == [JOB]
    assert store.chunks.begin_rest(JOB, "on-demand", size=100)
    assert store.shards.due(LATER, queued_before=now()) == []


def test_items_that_are_submitted_as_chunks_are_not_waited_for_in_batch_jobs(store):
    _, shard = claimed(store, shared=False)
    closed(store, shard)
    store.jobs.change(JOB, lane="on-demand", state=JobState.STOPPED)
    assert store.chunks.submit(JOB, size=2, now=now(), detached=False) == 3
    assert store.jobs.get(JOB).rest_lane == "on-demand"
    assert store.shards.due(LATER, queued_before=now()) == []


def test_items_go_into_new_shards_or_out_as_the_rest_and_never_both(store):
    _, shard = claimed(store)
    assert not store.chunks.begin_rest(JOB, "flex", size=100)
    closed(store, shard)
    assert store.chunks.begin_rest(JOB, "flex", size=100)
    assert store.shards.plan(JOB, name="b2", most_records=100, now=now()) == 0


def test_a_wish_to_stop_makes_shards_due_once(store):
    """Whoever looks then says when to look again: a job that stops slowly is not looked at without end."""
    _, shard = claimed(store)
    store.shards.release(shard, due_at=LATER)
    assert store.shards.due(now(), queued_before=now()) == []
    store.jobs.want_stop(JOB, StopReason.USER)
    assert store.shards.due(now(), queued_before=now()) == [JOB]
    store.shards.release(store.shards.claim(shard.id, "s1"), due_at=LATER)
    store.jobs.want_stop(JOB, StopReason.USER)
    assert store.shards.due(now(), queued_before=now()) == []


def _wakes(store):
    store.shards.wake([shard.id for shard in store.shards.open(JOB)])


def _stops(store):
    store.jobs.want_stop(JOB, StopReason.USER)


def _ends_a_session(store):
    store.sessions.close("s1")


@pytest.mark.parametrize("change", [_wakes, _stops, _ends_a_session])
def test_who_changes_several_shards_never_waits_for_somebody_who_waits_for_it(store, change):
    """Both lock them by their ids, however they lie in the database."""
    planned(store, 4, most=2)
    session(store)
    first, second = store.shards.open(JOB)
    for shard in (second, first):
        store.shards.claim(shard.id, "s1")
    # What was written last lies last: the second comes first there.
    writing, row = store.engine.execution_options(writes=True), select(shards.c.id).with_for_update()
    with ThreadPoolExecutor(1) as pool:
        with writing.begin() as connection:
            connection.execute(row.where(shards.c.id == first.id))
            changed = pool.submit(change, store)
            _until_one_waits(connection, changed)
            connection.execute(row.where(shards.c.id == second.id))
        changed.result(timeout=30)
    assert {shard.due_at for shard in store.shards.open(JOB)} == {""}


def _until_one_waits(connection, changed):
    """Return when another transaction waits for a row, or is over; SQLite lets nobody else begin to write anyway."""
    if connection.dialect.name == "postgresql":
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not (connection.execute(waiting).scalar() or changed.done()):
            pass
