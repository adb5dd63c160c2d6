"""The way into the store: an engine for the database that a URL names."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import URL, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, ProgrammingError

from jobs.store.failures import (
    StoreAwayError,
    StoreBusyError,
    StoreError,
    StoreLostError,
    reason,
    store_busy,
    store_error,
    store_lost,
)
from jobs.store.sqlite import sqlite_engine, tell_failures
from jobs.store.upgrading import newest_revision, refuse_newer, revision, upgrade
from templates.errors import UserError

__all__ = [
    "StoreAwayError",
    "StoreBusyError",
    "StoreError",
    "StoreLostError",
    "Upgrade",
    "newest_revision",
    "open_database",
    "patience_of",
    "store_busy",
    "store_error",
    "store_lost",
    "upgrade",
    "upgrade_database",
]

_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
_HOW = "Write it as sqlite:////path/to/file.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What `upgrade_database` did: where, and from which revision (None: it was empty) to which."""

    store: str
    before: str | None
    after: str


def open_database(url: str, *, patience_s: float = 0.0) -> Engine:
    """Open the store at an SQLAlchemy URL; a file's tables are brought up to date.

    `patience_s`: how long its user waits later on, for a PostgreSQL that goes away or a file that others have locked;
    0 to be told at once.

    Raises:
        UserError: the URL is wrong, the database cannot be opened, or it wants `skuscribe db upgrade`.
        StoreAwayError: it is out of reach just now, which is a `UserError` as well.
    """
    target = _target(url)
    if target.get_backend_name() == "sqlite":
        engine = sqlite_engine(target)
        _upgrade(engine, target)
        tell_failures(engine)
        engine.update_execution_options(patience_s=patience_s)
        return engine
    from jobs.store.postgresql import wait_out  # noqa: PLC0415 - its driver takes a while to import

    engine = _reached(target)
    try:
        with engine.connect() as connection:
            _refuse_other(revision(connection), target)
    except Exception:
        engine.dispose()
        raise
    if patience_s:
        wait_out(engine, patience_s)
        engine.update_execution_options(patience_s=patience_s)
    return engine


def patience_of(engine: Engine) -> float:
    """Give how long the user of an engine waits for a database that is lost, in seconds."""
    return float(engine.get_execution_options().get("patience_s", 0.0))


def upgrade_database(url: str) -> Upgrade:
    """Bring a database's tables up to date.

    Raises:
        UserError: it cannot be opened, the user may not make tables in it, or a newer version made it.
    """
    target = _target(url)
    engine = sqlite_engine(target) if target.get_backend_name() == "sqlite" else _reached(target)
    try:
        before = _upgrade(engine, target)
    finally:
        engine.dispose()
    return Upgrade(_shown(target), before, newest_revision())


def _refuse_other(found: str | None, target: URL) -> None:
    refuse_newer(found)
    if found != newest_revision():
        raise UserError(
            f"The store {_shown(target)} is {'empty' if found is None else 'of an older version'}.",
            fix="Run `skuscribe db upgrade` once.",
            code="upgrade",
        )


def _target(url: str) -> URL:
    try:
        target = make_url(url)
    except (ArgumentError, ValueError) as error:
        # A password with an @ in it ends up in the place of the port: neither is repeated.
        raise _wrong("is not a database URL", "; %40 stands for an @ in the password.") from error
    if target.drivername in _POSTGRESQL:
        if "@" in f"{target.host}{target.database}":
            raise _wrong("has more than one @", "; %40 stands for an @ in the password.")
        return target.set(drivername="postgresql+psycopg")
    if target.get_backend_name() != "sqlite":
        raise _wrong(f"names a {target.get_backend_name()} database, which Skuscribe does not know", ", or unset it.")
    return target


def _wrong(what: str, more: str) -> UserError:
    return UserError(f"SKUSCRIBE_DATABASE_URL {what}.", fix=_HOW + more, code="setting")


def _shown(target: URL) -> str:
    if target.get_backend_name() == "sqlite":
        return str(target.database)
    port = f":{target.port}" if target.port else ""
    return f"{target.database or ''} on {target.host or target.query.get('host') or 'this machine'}{port}"


def _reached(target: URL) -> Engine:
    from jobs.store.postgresql import postgresql_engine  # noqa: PLC0415 - its driver takes a while to import

    try:
        engine = postgresql_engine(target)
        engine.connect().close()
    except StoreLostError as error:
        raise StoreAwayError(
            f"The store {_shown(target)} cannot be reached: {reason(error.__cause__ or error)}.",
            fix="See that the database of SKUSCRIBE_DATABASE_URL runs and can be reached from here.",
            code="store",
        ) from error
    except StoreError as error:
        raise UserError(error.message, fix=error.fix, code="store") from error
    except (ProgrammingError, ArgumentError) as error:
        raise UserError(
            f"SKUSCRIBE_DATABASE_URL cannot be used: {reason(error)}.",
            fix="Correct what stands behind its `?`.",
            code="setting",
        ) from error
    return engine


def _upgrade(engine: Engine, target: URL) -> str | None:
    try:
        return upgrade(engine)
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise UserError(
            f"The store {_shown(target)} cannot be opened: {reason(error)}.", fix=_mend(target), code="store"
        ) from error


def _mend(target: URL) -> str:
    if target.get_backend_name() == "sqlite":
        return "Set SKUSCRIBE_HOME to a folder that you can write, or move the damaged file away."
    return "Upgrade with a user that may make tables in its schema: GRANT CREATE ON SCHEMA public TO its user."
