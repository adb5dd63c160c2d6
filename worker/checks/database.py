"""The database, as `doctor` looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jobs.clock import stamp
from jobs.store.database import newest_revision, open_database
from jobs.store.store import Store, store_on
from worker.checks.check import Check, checked


def check_database(url: str, *, since: datetime) -> tuple[Check, int | None]:
    """Open the store, which tells whether it can be reached and has the tables of this version, and read from it.

    Returns: the check, and how many workers have shown themselves since a moment; None when it could not be asked. The
    clocks of the machines need agree only roughly for that: it is for people.
    """
    workers: list[int] = []

    def look(_: list[str]) -> str:
        store = store_on(open_database(url))
        try:
            workers.append(sum(worker.seen_at >= stamp(since) for worker in store.sessions.workers()))
            return _description(store)
        finally:
            store.engine.dispose()

    return checked("database", look), workers[0] if workers else None


def _description(store: Store) -> str:
    dialect, url = store.engine.dialect, store.engine.url
    version: Sequence[int] = getattr(dialect, "server_version_info", None) or ()
    kind = f"{dialect.name} {'.'.join(map(str, version))}".rstrip()
    host = url.host or url.query.get("host")
    where = f"{url.database} on {host}{f':{url.port}' if url.port else ''}" if host else str(url.database)
    return f"{kind}, {where}, tables of revision {newest_revision()}"
