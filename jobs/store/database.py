"""The connection to the store, and its migrations."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, ExceptionContext, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from templates.errors import SkuscribeError, UserError

_LOCK_WAIT_S = 20


class StoreError(SkuscribeError):
    """The store cannot be written; what was paid for until then is in the ledger."""

    exit_code = 3


def store_error(error: BaseException) -> StoreError:
    """Say that the store failed; `error` is the driver's or SQLAlchemy's."""
    if isinstance(error, StoreError):
        return error
    return StoreError(
        f"The store could not be written: {getattr(error, 'orig', error)}.",
        fix="Free some disk space or repair the store, then `skuscribe resume JOB`; nothing paid for is bought again.",
        code="store",
    )


def open_database(url: str) -> Engine:
    """Open the store at an SQLAlchemy URL and bring its tables up to date.

    Raises:
        UserError: the URL is wrong, or the database cannot be opened.
    """
    try:
        target = make_url(url)
    except ArgumentError as error:
        raise UserError(
            "SKUSCRIBE_DATABASE_URL is not a database URL.",
            fix="Write it as sqlite:////path/to/file.db.",
            code="setting",
        ) from error
    if target.get_backend_name() != "sqlite":
        raise UserError(
            f"SKUSCRIBE_DATABASE_URL names a {target.get_backend_name()} database; this version knows only SQLite.",
            fix="Unset it, or write it as sqlite:////path/to/file.db.",
            code="setting",
        )
    if target.database and target.database != ":memory:":
        _make_folder(Path(target.database).parent)
    engine = create_engine(target, connect_args={"timeout": _LOCK_WAIT_S})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    try:
        upgrade(engine)
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise UserError(
            f"The store {target.database} cannot be opened: {getattr(error, 'orig', error)}.",
            fix="Set SKUSCRIBE_HOME to a folder that you can write, or move the damaged file away.",
            code="store",
        ) from error
    event.listen(engine, "handle_error", _on_error, retval=True)
    return engine


def upgrade(engine: Engine) -> None:
    """Run the migrations that the store has not seen yet; quick when there are none."""
    # Alembic takes 0.2 s to import: only when a look at the store says that it is needed.
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
            if row and row[0] == newest_revision():
                return
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(files("jobs.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """Name of the newest migration: they are numbered files."""
    names = (entry.name for entry in (files("jobs.store") / "migrations" / "versions").iterdir())
    return max(name.split("_")[0] for name in names if name[:4].isdigit())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} for Skuscribe's store cannot be made: {error.strerror}.",
            fix="Set SKUSCRIBE_HOME to a folder that you can write.",
            code="store",
        ) from error


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin late and break DDL; we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_LOCK_WAIT_S * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _on_error(context: ExceptionContext) -> StoreError | None:
    # A full disk, a lock that nobody lets go, a damaged file; everything else is a defect of ours.
    error = context.original_exception
    return store_error(error) if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError) else None


def _on_begin(connection: Any) -> None:
    # Taking the write lock at once lets a transaction read and then write without a deadlock between processes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
