"""The store on PostgreSQL, where it differs from a file: upgrades, lost connections, passwords, the ledger's guard."""

import threading
import time
from urllib.parse import urlsplit

import pytest
from servers import Postgres
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError, ProgrammingError
from store_making import JOB, job_record, now, ok_end, start, with_items

from jobs.store.database import (
    StoreAwayError,
    StoreBusyError,
    StoreError,
    StoreLostError,
    newest_revision,
    open_database,
    upgrade_database,
)
from jobs.store.ledger import Ledger
from jobs.store.schema import jobs
from jobs.store.session_table import lives
from jobs.store.store import store_on
from templates.errors import UserError

pytestmark = pytest.mark.servers


@pytest.fixture
def engine(postgresql_url):
    engine = open_database(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def empty_url(postgresql):
    name = postgresql.new_database()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
def own_server():
    """A server that a test may harm, with our tables."""
    with Postgres() as server:
        upgrade_database(server.url())
        yield server


def test_an_empty_database_is_told_how_it_is_upgraded(empty_url):
    with pytest.raises(UserError, match="is empty") as caught:
        open_database(empty_url)
    assert "skuscribe db upgrade" in caught.value.fix
    done = upgrade_database(empty_url)
    assert (done.before, done.after) == (None, newest_revision())
    assert upgrade_database(empty_url).before == newest_revision()
    open_database(empty_url).dispose()


@pytest.mark.parametrize("use", [open_database, upgrade_database])
def test_a_database_of_a_newer_version_is_left_alone(postgresql_url, engine, use):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="newer Skuscribe: it is at revision 9999"):
        use(postgresql_url)


def test_a_database_of_an_older_version_is_told_how_it_is_upgraded(postgresql_url, monkeypatch):
    monkeypatch.setattr("jobs.store.database.newest_revision", lambda: "9999")
    with pytest.raises(UserError, match="older version") as caught:
        open_database(postgresql_url)
    assert "skuscribe db upgrade" in caught.value.fix


def test_two_upgrades_at_the_same_time_do_it_once(empty_url):
    done, problems = [], []

    def upgrade():
        try:
            done.append(upgrade_database(empty_url).before)
        except Exception as error:  # noqa: BLE001 - told below
            problems.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems
    assert sorted(map(str, done)) == [newest_revision(), newest_revision(), "None"]


def test_a_user_who_may_not_make_tables_is_told_what_he_needs(postgresql, empty_url):
    name = empty_url.rpartition("/")[2]
    postgresql.run("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    postgresql.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC", name)
    try:
        with pytest.raises(UserError, match="permission denied") as caught:
            upgrade_database(empty_url.replace(f"{postgresql.user}:{postgresql.password}", "reader:reader"))
        assert "GRANT CREATE" in caught.value.fix
    finally:
        postgresql.run("DROP ROLE reader")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_urls_are_taken_as_other_programs_write_them(postgresql_url, scheme):
    engine = open_database(postgresql_url.replace("postgresql", scheme, 1) + "?application_name=mine&connect_timeout=3")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "mine"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    engine.dispose()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda url: url.replace("s3cret", "wr0ng"), "password authentication failed"),
        (lambda url: url.rpartition("/")[0] + "/nothing", "does not exist"),
        (lambda url: url + "?sslmode=require", "does not support SSL"),
        (lambda url: url + "?sslmode=perhaps", "sslmode"),
        (lambda url: url + "?nonsense=1", "nonsense"),
        (lambda url: url.replace(f":{urlsplit(url).port}/", ":1/"), "refused"),
        (lambda url: url.replace("127.0.0.1", "nobody.invalid"), "nobody.invalid"),
    ],
)
def test_what_is_wrong_with_the_url_is_told_at_once_and_without_the_password(postgresql_url, wrong, told):
    began_s = time.monotonic()
    with pytest.raises(UserError, match=told) as caught:
        open_database(wrong(postgresql_url), patience_s=60)
    assert caught.value.exit_code == 2
    assert "f0r-tests" not in caught.value.message + caught.value.fix
    assert time.monotonic() - began_s < 15


@pytest.mark.parametrize("table", ["attempt_starts", "attempt_ends"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET at = 'never'", "TRUNCATE {} CASCADE"])
def test_nobody_can_change_what_the_ledger_holds(engine, table, change):
    store = store_on(engine)
    [item] = with_items(store, 1)
    with Ledger(engine, clock=now) as ledger:
        first = start("a1", item)
        ledger.start(first)
        ledger.end(ok_end(first))
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change.format(table)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT attempt, outcome FROM attempts")).all() == [("a1", "ok")]


def test_a_mistake_in_a_query_is_no_lost_connection(engine):
    with pytest.raises(ProgrammingError), engine.connect() as connection:
        connection.exec_driver_sql("SELECT nonsense")


def cut(engine):
    """End the connections of an engine from the server's side."""
    with engine.connect() as own:
        own.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_is_cut_within_a_transaction_is_lost_and_leaves_nothing(engine):
    with pytest.raises(StoreLostError) as caught:
        _write_cut_off(engine, "j1", "j2")
    assert not caught.value.in_doubt
    assert store_on(engine).jobs.list() == []


def test_a_connection_that_is_cut_at_the_commit_leaves_doubt(engine):
    with pytest.raises(StoreLostError) as caught:
        _write_cut_off(engine, "j1")
    assert caught.value.in_doubt


def _write_cut_off(engine, first, *others):
    with engine.begin() as connection:
        connection.execute(insert(jobs).values(**_row(first)))
        cut(engine)
        for other in others:
            connection.execute(insert(jobs).values(**_row(other)))


def _row(job_id):
    record = job_record(job_id)
    return {column.name: getattr(record, column.name) for column in jobs.columns}


def test_a_pooled_connection_that_was_cut_is_replaced_unseen(engine, postgresql_url):
    store = store_on(engine)
    store.jobs.add(job_record())
    other = open_database(postgresql_url)
    cut(other)
    other.dispose()
    assert store.jobs.get(JOB).id == JOB


def test_of_two_that_wait_for_each_other_one_is_busy(engine):
    store = store_on(engine)
    for job in ("j1", "j2"):
        store.jobs.add(job_record(job))
    outcomes, both = [], threading.Barrier(2)

    def change(first, second):
        try:
            with engine.begin() as connection:
                connection.execute(text("UPDATE jobs SET message = 'x' WHERE id = :id"), {"id": first})
                both.wait(10)
                connection.execute(text("UPDATE jobs SET message = 'x' WHERE id = :id"), {"id": second})
            outcomes.append("done")
        except StoreBusyError:
            outcomes.append("busy")

    threads = [threading.Thread(target=change, args=pair) for pair in (("j1", "j2"), ("j2", "j1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["busy", "done"]


def test_a_server_without_a_free_connection_is_waited_for(postgresql_url, engine):
    role = "narrow"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'narrow' CONNECTION LIMIT 0"))
    try:
        url = postgresql_url.replace("skuscribe:s3cret-f0r-tests", f"{role}:narrow")
        with pytest.raises(StoreLostError, match="too many connections"):
            open_database(url)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP ROLE {role}"))


@pytest.mark.parametrize("end", ["kill", "stop", "immediate"])
def test_a_server_that_is_gone_is_lost_and_comes_back(own_server, end):
    engine = open_database(own_server.url())
    store = store_on(engine)
    store.jobs.add(job_record())
    getattr(own_server, end)()
    with pytest.raises(StoreLostError) as caught:
        store.jobs.get(JOB)
    assert "skuscribe resume" in caught.value.fix
    with pytest.raises(StoreAwayError):
        open_database(own_server.url())
    own_server.start()
    assert store.jobs.get(JOB).id == JOB
    engine.dispose()


def test_a_patient_store_reads_and_writes_on_when_the_server_is_back(own_server):
    engine = open_database(own_server.url(), patience_s=60)
    store = store_on(engine)
    ids = with_items(store, 300)
    reads = iter(store.items.results(JOB))
    assert next(reads).row == 2
    problems, stop = [], threading.Event()

    def write():
        at = 0
        while not stop.is_set() and not problems:
            at += 1
            try:
                store.jobs.add(job_record(f"k{at}"))
                store.jobs.change(f"k{at}", message="changed")
            except StoreError as error:
                problems.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(2):
        time.sleep(0.3)
        own_server.kill()
        own_server.start()
    stop.set()
    writer.join(60)
    assert not problems
    assert len(list(reads)) == len(ids) - 1
    written = [job.id for job in store.jobs.list() if job.message == "changed"]
    assert len(written) > 2
    engine.dispose()


def test_a_process_that_stands_still_in_a_transaction_does_not_hold_the_others_up(postgresql_url, monkeypatch):
    monkeypatch.setattr("jobs.store.postgresql._STANDSTILL_MS", 200)
    # Whoever waits for a lock for so long gets an error, so that this test ends.
    engine = open_database(postgresql_url + "?options=-c%20lock_timeout%3D10s")
    store = store_on(engine)
    store.sessions.open("s1", kind="worker", host="h", process=1, slots=1, now=now())
    with engine.execution_options(writes=True).connect() as standing_still:
        assert lives(standing_still, "s1")
        assert store.sessions.end_dead("s1", 0)
        with pytest.raises(StoreLostError):
            lives(standing_still, "s1")
    engine.dispose()
