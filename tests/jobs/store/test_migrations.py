import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import String, inspect
from store_making import JOB, job_record, opened

from jobs.store.database import newest_revision, open_database, upgrade, upgrade_database
from jobs.store.schema import metadata
from jobs.store.stored_text import StoredText
from templates.errors import UserError


def test_the_migrations_make_the_tables_that_the_code_knows(store):
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_opened_store_is_at_the_newest_revision(store):
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest_revision()


def test_all_text_is_kept_and_ordered_alike_by_every_database():
    columns = [column for table in metadata.tables.values() for column in table.columns]
    others = [column for column in columns if not isinstance(column.type, StoredText)]
    assert not [str(column) for column in others if isinstance(column.type, String)]


def test_opening_again_keeps_what_is_in_it(tmp_path):
    first = opened(tmp_path)
    first.jobs.add(job_record())
    first.engine.dispose()
    again = opened(tmp_path)
    upgrade(again.engine)
    assert again.jobs.get(JOB).id == JOB
    again.engine.dispose()


def test_a_file_can_be_upgraded_by_command_as_well(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    done = upgrade_database(url)
    assert (done.before, done.after, done.store) == (None, newest_revision(), f"{tmp_path}/store.db")
    assert upgrade_database(url).before == newest_revision()


def test_the_ledger_can_be_read_as_one_view_by_any_sql_program(store, tmp_path):
    assert "attempts" in inspect(store.engine).get_view_names()
    reader = sqlite3.connect(tmp_path / "store.db")
    assert reader.execute("SELECT count(*) FROM attempts").fetchone() == (0,)
    reader.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x", "postgresql://u:p@ss@here/db", "postgresql://u:p@ss:word@h/x"]
)
def test_a_wrong_database_url_is_bad_input_and_not_repeated(url):
    with pytest.raises(UserError, match="SKUSCRIBE_DATABASE_URL") as caught:
        open_database(url)
    assert "ss" not in caught.value.message.replace("password", "")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.db").write_bytes(b"this is a letter to grandmother, and no database at all" * 40)
    with pytest.raises(UserError, match=r"store\.db cannot be opened"):
        opened(tmp_path)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    store = opened(tmp_path)
    with store.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.engine.dispose()
    with pytest.raises(UserError, match="newer Skuscribe: it is at revision 9999"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(UserError, match="cannot be made"):
        opened(tmp_path / "file" / "home")


def test_a_store_of_nobody_is_made_where_it_is_wanted(tmp_path):
    store = opened(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "store.db").exists()
    store.engine.dispose()
