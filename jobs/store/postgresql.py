from __future__ import annotations

import math
import select
import time
from typing import Any

from psycopg import Error as DriverError
from psycopg import OperationalError
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from jobs.store.failures import StoreError, reason, store_busy, store_error, store_lost, store_short
from jobs.store.patience import patiently

#: What libpq is told unless the URL says otherwise: a server that vanished without a word is noticed in half a minute.
_CONNECTION = {
    "application_name": "skuscribe",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
#: A process that stands still in the middle of a transaction (its machine sleeps, swaps, is stopped) keeps its locks
#: from all others: after so long the server ends its connection, and it does that transaction again when it goes on.
_STANDSTILL_MS = 30_000
#: Server shut down, crashed or starting; idle too long; no connection left; a primary that became a standby.
#: Source: PostgreSQL's table of error codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "25006")
#: Serialization failure, deadlock, a lock that was not to be had, a statement that took longer than it may.
_BUSY = ("40001", "40P01", "55P03", "57014")
#: No room on the disk, no memory, a limit of the configuration.
_SHORT = ("53000", "53100", "53200", "53400")
#: Refusals that no waiting mends; libpq gives no code for what happens before a connection stands, only a text.
_REFUSED = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "pg_hba.conf rejects",
    "does not exist",
    "not permitted to log in",
    "permission denied for database",
    "certificate verify failed",
    "does not support SSL",
)
#: Threads that wait for a connection: longer than anybody waits out a lost server.
_POOL_WAIT_S = 120
#: A connection that rested for longer is asked whether it lives: a router may have forgotten it without a word.
_LONG_REST_S = 15.0


class _Pool(QueuePool):
    """Connections to one database; whoever waits for one in vain is told that the database is lost."""

    def connect(self) -> PoolProxiedConnection:
        """Give a connection."""
        try:
            return super().connect()
        except PoolTimeoutError as error:
            # All of them hang with the server, or work for others.
            raise store_lost(TimeoutError(f"no connection came free within {_POOL_WAIT_S} seconds")) from error


def postgresql_engine(target: URL) -> Engine:
    """Give an engine; nothing is connected yet."""
    settings = {name: value for name, value in _CONNECTION.items() if name not in target.query}
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"),
        connect_args=settings,
        isolation_level="READ COMMITTED",
        poolclass=_Pool,
        pool_size=5,
        max_overflow=15,
        pool_timeout=_POOL_WAIT_S,
        pool_use_lifo=True,
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", _on_error, retval=True)
    event.listen(engine, "checkin", _lay_down)
    event.listen(engine, "checkout", _take_up)
    event.listen(engine, "engine_connect", _begin_nothing)
    return engine


def wait_out(engine: Engine, most_s: float) -> None:
    """Have whoever needs a connection wait for a lost server, from here on."""

    def connect(dialect: Dialect, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        return patiently(
            lambda: _connect(dialect, record, arguments, options),
            most_s=most_s,
            sleep=time.sleep,
            clock_s=time.monotonic,
        )

    event.remove(engine, "do_connect", _connect)
    event.listen(engine, "do_connect", connect)


def _connect(dialect: Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    try:
        connection = dialect.connect(*arguments, **options)
        # Not by libpq's `options`: proxies between us and the server refuse them.
        connection.execute(f"SET idle_in_transaction_session_timeout = {_STANDSTILL_MS:d}")
        connection.commit()
    except OperationalError as error:
        if any(words in str(error) for words in _REFUSED):
            raise _refused(error) from error
        raise store_lost(error) from error
    return connection


def _lay_down(_connection: Any, record: Any) -> None:
    record.info["rests_since_s"] = time.monotonic()


def _take_up(connection: Any, record: Any, _fairy: Any) -> None:
    """Have a pooled connection replaced that is of no use any more, and all older ones with it.

    A server that ends a connection says so, which is seen without asking it: a question costs as much as a query.
    """
    rested_s = time.monotonic() - record.info.get("rests_since_s", math.inf)
    try:
        if rested_s >= _LONG_REST_S or _has_news(connection):
            connection.execute("SELECT 1")
            connection.rollback()
    except DriverError as error:
        raise InvalidatePoolError from error


def _has_news(connection: Any) -> bool:
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


def _begin_nothing(connection: Connection) -> None:
    """Take no transaction for what only reads: its BEGIN and ROLLBACK would be two more round trips."""
    options = connection.get_execution_options()
    if options.get("reads") and not options.get("writes"):
        connection.execution_options(isolation_level="AUTOCOMMIT")


def _refused(error: DriverError) -> StoreError:
    return StoreError(
        f"The database refused Skuscribe: {reason(error)}.",
        fix="Correct the user, the password, the database's name or the sslmode in SKUSCRIBE_DATABASE_URL.",
        code="store",
    )


def _on_error(context: ExceptionContext) -> StoreError | None:
    error = context.original_exception
    if not isinstance(error, DriverError):
        return None
    code = error.sqlstate or ""
    if context.is_disconnect or code.startswith(_LOST):
        context.is_disconnect = True
        # Without a statement it was the commit.
        return store_lost(error, in_doubt=context.statement is None)
    if code in _BUSY:
        return store_busy(error)
    if code in _SHORT:
        return store_short(error)
    # An error of the system; everything else is a defect of ours.
    return store_error(error) if isinstance(error, OperationalError) else None
