import sqlite3
import threading
from contextlib import suppress

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError
from store_making import JOB, done, job_record, now, ok_end, opened, start, with_items

from jobs.results import ItemState
from jobs.store.database import StoreError
from jobs.store.ledger import End, Ledger
from jobs.store.schema import attempt_ends, attempt_starts, metadata


def ledger_of(store):
    return Ledger(store.engine, clock=now)


def attempts_of(store):
    with store.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM attempts ORDER BY attempt")).mappings())


@pytest.mark.parametrize("table", ["attempt_starts", "attempt_ends"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET at = 'never'"])
def test_nobody_can_change_what_the_ledger_holds(store, table, change):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        first = start("a1", item)
        ledger.start(first)
        ledger.end(ok_end(first))
    with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(change.format(table)))
    assert len(attempts_of(store)) == 1


@pytest.mark.parametrize("table", ["attempt_starts", "attempt_ends"])
@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"])
@pytest.mark.parametrize(("conflict", "named"), [("attempt", "attempt"), ("rowid", "'a2' AS attempt")])
def test_nobody_can_put_a_line_in_the_place_of_another(store, table, verb, conflict, named):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        first = start("a1", item)
        ledger.start(first)
        ledger.end(ok_end(first, cost=400))
    before = attempts_of(store)
    others = [column.name for column in metadata.tables[table].columns if column.name != "attempt"]
    rowid = "rowid, " if conflict == "rowid" else ""
    into, values = ", ".join(["attempt", *others]), ", ".join([named, *others])
    with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(f"{verb} INTO {table} ({rowid}{into}) SELECT {rowid}{values} FROM {table}"))  # noqa: S608 - names of ours
    assert attempts_of(store) == before


def test_an_attempt_is_on_disk_before_start_returns(store, tmp_path):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        assert ledger.start(start("a1", item))
        other = sqlite3.connect(tmp_path / "store.db")
        with suppress(Exception):
            assert other.execute("SELECT attempt FROM attempt_starts").fetchall() == [("a1",)]
        other.close()
    assert attempts_of(store)[0]["outcome"] == "unconfirmed"


def test_an_item_and_its_attempt_are_written_together(store):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        first, second = start("a1", item), start("a2", item, purpose="repair")
        ledger.start(first)
        ledger.end(ok_end(first, cost=400))
        ledger.start(second)
        ledger.end(ok_end(second, cost=300, finished=done(item)))
    [result] = store.items.results(JOB)
    assert result.state is ItemState.DONE
    assert result.copy == {"text": "A text"}
    assert result.attempts == 2
    assert result.usage.input_tokens == 20
    assert result.seconds == 1.0
    assert store.totals.of_job(JOB).cost_usd == result.cost_usd
    assert store.jobs.get(JOB).spent_pico == 700
    assert store.jobs.get(JOB).held_pico == 0


def test_an_unpriced_reply_makes_the_item_unpriced_and_never_free(store):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        first = start("a1", item, reserved=None)
        ledger.start(first)
        ledger.end(ok_end(first, cost=None, finished=done(item)))
    [result] = store.items.results(JOB)
    assert result.cost_usd is None
    totals = store.totals.of_job(JOB)
    assert (totals.unpriced_items, totals.priced) == (1, 0)


def test_what_is_done_is_found_again_by_its_fingerprint(store):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        first = start("a1", item)
        ledger.start(first)
        ledger.end(ok_end(first, finished=done(item, kept=True)))
    assert store.copies.by_fingerprint("aws", ["f0"])["f0"].copy == {"text": "A text"}
    assert store.copies.by_fingerprint("simulated", ["f0"]) == {}


def test_twins_get_the_copy_that_was_bought_once(store):
    first, second = with_items(store, 2, twins=3)
    assert [one.id for one in store.items.open_page(JOB, 0, 10)] == [first, second]
    with ledger_of(store) as ledger:
        attempt = start("a1", first)
        ledger.start(attempt)
        ledger.end(ok_end(attempt, finished=done(first, text="Once")))
    by_state = store.items.states(JOB)
    assert by_state == {"done": 1, "pending": 1, "reused": 3}
    texts = [result.copy.get("text") for result in store.items.results(JOB)]
    assert texts == ["Once", None, "Once", "Once", "Once"]
    assert store.totals.of_job(JOB).requests == 1


def test_twins_share_a_failure_and_come_back_together(store):
    [first] = with_items(store, 1, twins=2)
    with ledger_of(store) as ledger:
        ledger.finish(done(first, state=ItemState.FAILED, copy={}, notes="No answer."))
    assert store.items.states(JOB) == {"failed": 3}
    assert store.items.reopen(JOB) == 3
    assert [one.id for one in store.items.open_page(JOB, 0, 10)] == [first]


def test_many_waiting_starts_share_a_transaction(store):
    ids = with_items(store, 64)
    commits = []
    event.listen(store.engine, "commit", commits.append)
    all_asked = threading.Event()
    with Ledger(store.engine, clock=now, sleep=lambda _: all_asked.wait(20)) as ledger:
        threads = [threading.Thread(target=ledger.start, args=(start(f"a{at}", item),)) for at, item in enumerate(ids)]
        for thread in threads:
            thread.start()
        while ledger._queue.qsize() < 63:  # the writer holds the first one already
            threading.Event().wait(0.001)
        all_asked.set()
        for thread in threads:
            thread.join()
    assert len(attempts_of(store)) == 64
    assert len(commits) == 1


def test_many_threads_are_never_granted_more_than_the_cap(store):
    ids = with_items(store, 200, cap_pico=25_000)
    spent = []

    def serve(mine):
        for item in mine:
            attempt = start(f"a{item}", item, reserved=1000)
            if ledger.start(attempt):
                spent.append(item)
                ledger.end(ok_end(attempt, cost=900 if item % 2 else 0))

    with ledger_of(store) as ledger:
        threads = [threading.Thread(target=serve, args=(ids[at::20],)) for at in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    job = store.jobs.get(JOB)
    assert job.held_pico == 0
    assert job.spent_pico <= 25_000
    assert job.spent_pico > 15_000
    assert len(attempts_of(store)) == len(spent)


def test_open_attempts_hold_the_cap_against_others(store):
    first, second = with_items(store, 2, cap_pico=1500)
    with ledger_of(store) as ledger:
        attempt = start("a1", first, reserved=1000)
        assert ledger.start(attempt)
        assert not ledger.start(start("a2", second, reserved=1000))
        ledger.end(End(start=attempt, outcome="unbilled", error="throttled"))
        assert ledger.start(start("a3", second, reserved=1000))
    assert [row["attempt"] for row in attempts_of(store)] == ["a1", "a3"]


def test_what_may_have_been_billed_stays_held(store):
    first, second = with_items(store, 2, cap_pico=1500)
    with ledger_of(store) as ledger:
        attempt = start("a1", first, reserved=1000)
        ledger.start(attempt)
        ledger.end(End(start=attempt, outcome="unconfirmed", error="timeout"))
        assert not ledger.start(start("a2", second, reserved=1000))
    assert store.jobs.get(JOB).held_pico == 1000
    totals = store.totals.of_job(JOB)
    assert totals.unconfirmed_attempts == 1
    assert totals.unconfirmed_usd * 10**12 == 1000
    assert totals.cost_usd == 0


def test_after_a_crash_the_ledger_says_what_was_spent_and_what_is_held(store):
    first, second, third = with_items(store, 3)
    with ledger_of(store) as ledger:
        for attempt, item in (("a1", first), ("a2", second), ("a3", third)):
            ledger.start(start(attempt, item, reserved=1000))
        ledger.end(ok_end(start("a1", first), cost=400))
        ledger.end(End(start=start("a2", second), outcome="unbilled", error="internal"))
    store.jobs.change(JOB, spent_pico=77, held_pico=99_999)
    store.jobs.recount(JOB)
    job = store.jobs.get(JOB)
    assert (job.spent_pico, job.held_pico) == (400, 1000)
    # The one that never ended counts among its item's attempts, and only once.
    store.jobs.recount(JOB)
    assert [result.attempts for result in store.items.results(JOB)] == [1, 1, 1]


def test_attempts_of_a_session_that_runs_are_not_unconfirmed_yet(store):
    [item] = with_items(store, 1)
    with ledger_of(store) as ledger:
        ledger.start(start("a1", item, session="s2"))
        assert store.totals.of_job(JOB, live_session="s2").unconfirmed_attempts == 0
    assert store.totals.of_job(JOB).unconfirmed_attempts == 1


def test_two_jobs_do_not_share_a_cap(store):
    [mine] = with_items(store, 1, cap_pico=1000)
    [other] = with_items(store, 1, job_id="j2", cap_pico=1000)
    with ledger_of(store) as ledger:
        assert ledger.start(start("a1", mine, reserved=1000))
        assert ledger.start(start("b1", other, reserved=1000, job_id="j2"))


def test_a_store_that_cannot_be_written_says_so_and_sends_nothing(store):
    [item] = with_items(store, 1)
    with store.engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON attempt_starts BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    ledger = ledger_of(store).__enter__()
    with pytest.raises(StoreError, match="full"):
        ledger.start(start("a1", item))
    with pytest.raises(StoreError, match="full"):
        ledger.__exit__()


@pytest.mark.parametrize(
    "values",
    [
        {"copy": {"text": "a lone \ud83d half"}},
        {"notes": "what came back: \udcff"},
    ],
)
def test_text_that_no_database_takes_never_leaves_the_writers_waiting(store, values):
    first, second = with_items(store, 2)
    with suppress(StoreError), ledger_of(store) as ledger:
        attempt = start("a1", first)
        ledger.start(attempt)
        ledger.end(ok_end(attempt, finished=done(first, **values)))
        came_back = threading.Event()

        def next_one():
            with suppress(StoreError):
                ledger.start(start("a2", second))
            came_back.set()

        threading.Thread(target=next_one, daemon=True).start()
        assert came_back.wait(10)


def test_lines_stream_in_the_order_of_their_start(store):
    ids = with_items(store, 5)
    with ledger_of(store) as ledger:
        for at, item in enumerate(ids):
            ledger.start(start(f"s1-{at:09d}", item))
    lines = list(store.totals.attempts(JOB))
    assert [line.key for line in lines] == ["K0", "K1", "K2", "K3", "K4"]
    assert {line.outcome for line in lines} == {"unconfirmed"}


def test_a_killed_process_leaves_the_ledger_whole(tmp_path):
    store = opened(tmp_path)
    store.jobs.add(job_record())
    store.engine.dispose()
    again = opened(tmp_path)
    with again.engine.connect() as connection:
        assert connection.execute(select(attempt_starts)).all() == []
        assert connection.execute(select(attempt_ends)).all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    again.engine.dispose()
