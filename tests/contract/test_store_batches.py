"""What reaches the ledger at the same moment is written by one transaction, and nothing of it is lost in the others."""

from store_making import JOB, done, now, ok_end, start, with_items

from jobs.results import ItemState
from jobs.store.attempts import Grant
from jobs.store.ledger_batch import Batch


def written(store, *, starts=(), ends=(), finished=()):
    batch = Batch(starts=starts, ends=ends, finished=finished)
    with store.engine.execution_options(writes=True).begin() as connection:
        return batch.write(connection, now().isoformat(), again=False)


def test_two_answers_to_one_item_are_both_paid_for_and_the_first_one_counts(store):
    [item] = with_items(store, 1)
    first, second = start("a1", item), start("a2", item)
    assert written(store, starts=[first, second]) == [Grant.GRANTED, Grant.GRANTED]
    ends = [
        ok_end(first, cost=400, finished=done(item, text="The first")),
        ok_end(second, cost=300, finished=done(item, text="The second")),
    ]
    written(store, ends=ends)
    [result] = store.items.results(JOB)
    assert (result.copy, result.attempts) == ({"text": "The first"}, 2)
    assert store.jobs.get(JOB).spent_pico == 700
    assert store.items.states(JOB) == {ItemState.DONE: 1}


def test_starts_ends_results_twins_and_kept_copy_of_one_moment_are_all_written(store):
    first, second, third = with_items(store, 3, twins=1)
    attempt = start("a1", first)
    written(store, starts=[attempt])
    answers = written(
        store,
        starts=[start("a2", second)],
        ends=[ok_end(attempt, finished=done(first, kept=True))],
        finished=[done(third, text="", state=ItemState.FAILED)],
    )
    assert answers == [Grant.GRANTED]
    assert {line.attempt for line in store.totals.attempts(JOB)} == {"a1", "a2"}
    states = store.items.states(JOB)
    assert (states[ItemState.DONE], states[ItemState.FAILED], states[ItemState.REUSED]) == (1, 1, 1)
    job = store.jobs.get(JOB)
    assert (job.finished, job.failed, job.requests) == (2, 1, 2)


def test_text_that_no_database_takes_is_stored_with_a_mark_in_its_place(store):
    [item] = with_items(store, 1)
    attempt = start("a1", item)
    written(store, starts=[attempt])
    written(store, ends=[ok_end(attempt, finished=done(item, notes="half \ud83d and \0 none, 'quoted' \\ “so”"))])
    [result] = store.items.results(JOB)
    assert result.notes == "half \ufffd and \ufffd none, 'quoted' \\ “so”"
