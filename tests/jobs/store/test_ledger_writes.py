"""What passes, and how long the ledger waits for it."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text
from store_making import JOB, now, ok_end, opened, start, with_items

from jobs.store.database import StoreBusyError, StoreLostError, open_database
from jobs.store.ledger import Ledger
from jobs.store.store import store_on

#: Waits of the ledger that are not for the database.
_GATHERING_S = (0.002, 0.01, 0.02, 0.1)


def until_waited(engine, release):
    """A ledger that has `release` called instead of waiting for the database."""

    def sleep(wait_s):
        if wait_s not in _GATHERING_S:
            release()

    return Ledger(engine, clock=now, patience_s=3600, sleep=sleep)


def test_a_file_that_others_have_locked_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.store.sqlite._LOCK_WAIT_S", 0)
    store = opened(tmp_path)
    [item] = with_items(store, 1)
    attempt = start("a1", item)
    with closing(sqlite3.connect(tmp_path / "store.db", check_same_thread=False, isolation_level=None)) as other:
        with until_waited(store.engine, lambda: other.execute("ROLLBACK")) as ledger:
            other.execute("BEGIN IMMEDIATE")
            assert ledger.start(attempt)
            other.execute("BEGIN IMMEDIATE")
            ledger.end(ok_end(attempt))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="locked"):
            store.jobs.change(JOB, message="x")
    assert store.jobs.get(JOB).spent_pico == 400
    store.engine.dispose()


@pytest.mark.servers
@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_a_statement_that_takes_too_long_is_waited_for(postgresql_url, limit):
    engine, other = open_database(f"{postgresql_url}?options=-c%20{limit}%3D50"), open_database(postgresql_url)
    store = store_on(engine)
    [item] = with_items(store, 1)
    with other.connect() as holder:
        holder.execute(text("SELECT 1 FROM jobs FOR UPDATE"))
        with until_waited(engine, holder.rollback) as ledger:
            assert ledger.start(start("a1", item))
    assert store.jobs.get(JOB).requests == 1
    engine.dispose()
    other.dispose()


@pytest.mark.servers
@pytest.mark.parametrize("code", ["53000", "53100", "53200", "53400"])
def test_a_server_that_is_short_of_something_is_waited_for(postgresql_url, code):
    engine = open_database(postgresql_url)
    store = store_on(engine)
    [item] = with_items(store, 1)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION short() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'nothing left' USING ERRCODE = '{code}'; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER short BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION short()"))

    def mend():
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER IF EXISTS short ON jobs"))

    with pytest.raises(StoreBusyError, match="nothing left") as caught:
        store.jobs.change(JOB, message="x")
    assert "skuscribe resume" in caught.value.fix
    with until_waited(engine, mend) as ledger:
        assert ledger.start(start("a1", item))
    assert store.jobs.get(JOB).requests == 1
    engine.dispose()


@pytest.mark.servers
def test_who_gets_no_connection_is_told_that_the_store_is_out_of_reach(postgresql_url, monkeypatch):
    monkeypatch.setattr("jobs.store.postgresql._POOL_WAIT_S", 0)
    engine = open_database(postgresql_url)
    held = [engine.connect() for _ in range(20)]
    with pytest.raises(StoreLostError, match="no connection came free"):
        store_on(engine).jobs.list()
    for connection in held:
        connection.close()
    assert store_on(engine).jobs.list() == []
    engine.dispose()
