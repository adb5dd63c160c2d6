from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event

from jobs.store.failures import StoreError, store_busy, store_error
from templates.errors import UserError

_LOCK_WAIT_S = 20
#: Another process, or another connection of this one, has the lock and did not let go of it.
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def sqlite_engine(target: URL) -> Engine:
    """Give an engine for a file, whose folder is made.

    Raises:
        UserError: the folder cannot be made.
    """
    if target.database and target.database != ":memory:":
        _make_folder(Path(target.database).parent)
    engine = create_engine(target, connect_args={"timeout": _LOCK_WAIT_S})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def tell_failures(engine: Engine) -> None:
    """Have failures told as errors of the store from here on."""
    event.listen(engine, "handle_error", _on_error, retval=True)


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
    error = context.original_exception
    # The codes that say more have these in their lowest byte.
    if isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
        return store_busy(error)
    # A full disk, a damaged file; everything else is a defect of ours.
    return store_error(error) if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError) else None


def _on_begin(connection: Any) -> None:
    # Taking the write lock at once lets a transaction read and then write without a deadlock between processes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
