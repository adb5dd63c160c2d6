import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from store_making import JOB, job_record, opened

from jobs.store.database import newest_revision, open_database, upgrade
from jobs.store.schema import metadata
from templates.errors import UserError


def test_the_migrations_make_the_tables_that_the_code_knows(store):
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_opened_store_is_at_the_newest_revision(store):
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest_revision()


def test_opening_again_keeps_what_is_in_it(tmp_path):
    first = opened(tmp_path)
    first.jobs.add(job_record())
    first.engine.dispose()
    again = opened(tmp_path)
    upgrade(again.engine)
    assert again.jobs.get(JOB).id == JOB
    again.engine.dispose()


def test_the_ledger_can_be_read_as_one_view_by_any_sql_program(store, tmp_path):
    assert "attempts" in inspect(store.engine).get_view_names()
    reader = sqlite3.connect(tmp_path / "store.db")
    assert reader.execute("SELECT count(*) FROM attempts").fetchone() == (0,)
    reader.close()


@pytest.mark.parametrize("url", ["nonsense", "postgresql://somewhere/db", "mysql://x"])
def test_a_wrong_database_url_is_bad_input(url):
    with pytest.raises(UserError, match="SKUSCRIBE_DATABASE_URL"):
        open_database(url)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.db").write_bytes(b"this is a letter to grandmother, and no database at all" * 40)
    with pytest.raises(UserError, match=r"store\.db cannot be opened"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(UserError, match="cannot be made"):
        opened(tmp_path / "file" / "home")


def test_a_store_of_nobody_is_made_where_it_is_wanted(tmp_path):
    store = opened(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "store.db").exists()
    store.engine.dispose()
