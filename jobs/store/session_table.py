"""The processes that run jobs, and who of them is dead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from jobs.clock import stamp
from jobs.store.schema import chunks, sessions, shards
from jobs.store.shard_rows import set_shards


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session as the store keeps it."""

    id: str
    #: `command` or `worker`.
    kind: str
    host: str
    process: int
    #: Chunks that it takes at a time.
    slots: int
    beat: int
    began_at: str
    seen_at: str


_HAS_ENDED = select(sessions.c.ended).where(sessions.c.id == bindparam("session")).with_for_update(read=True)
_LIVE_SLOTS = select(func.coalesce(func.sum(sessions.c.slots), 0)).where(~sessions.c.ended)


class SessionTable:
    """The sessions: each lives as long as its beat goes on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def open(self, session: str, *, kind: str, host: str, process: int, slots: int, now: datetime) -> None:
        """Begin a session."""
        at = stamp(now)
        with self._writing.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    id=session, kind=kind, host=host, process=process, slots=slots, began_at=at, seen_at=at
                )
            )

    def beat(self, session: str, now: datetime) -> bool:
        """Show that a session lives; False: somebody has ended it."""
        query = (
            update(sessions)
            .where(sessions.c.id == session, ~sessions.c.ended)
            .values(beat=sessions.c.beat + 1, seen_at=stamp(now))
        )
        with self._writing.begin() as connection:
            return connection.execute(query).rowcount == 1

    def close(self, session: str) -> None:
        """End a session by itself; what it still held is free."""
        with self._writing.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.id == session).values(ended=True))
            _free(connection, session)

    def beats(self) -> dict[str, int]:
        """Give the beats of the workers that have not ended; commands hold no work that others could take."""
        query = select(sessions.c.id, sessions.c.beat).where(~sessions.c.ended, sessions.c.kind == "worker")
        with self._engine.connect() as connection:
            found = connection.execute(query)
            return {row.id: row.beat for row in found}

    def end_dead(self, session: str, beat: int) -> bool:
        """End a session whose beat stands still at this one and free its work; False: it has moved on or ended."""
        stands_still = (sessions.c.id == session) & (sessions.c.beat == beat) & ~sessions.c.ended
        with self._writing.begin() as connection:
            if connection.execute(update(sessions).where(stands_still).values(ended=True)).rowcount != 1:
                return False
            _free(connection, session)
        return True

    def live_slots(self) -> int:
        """Give how many chunks all live sessions take at a time."""
        with self._engine.connect() as connection:
            return int(connection.execute(_LIVE_SLOTS).scalar_one())

    def find(self, session: str) -> SessionRecord | None:
        """Give a session that has not ended, None when it has or there is none."""
        columns = [column for column in sessions.columns if column.name != "ended"]
        query = select(*columns).where(sessions.c.id == session, ~sessions.c.ended)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
            return SessionRecord(**row) if row else None

    def workers(self) -> list[SessionRecord]:
        """Give the live workers, oldest first, for people."""
        columns = [column for column in sessions.columns if column.name != "ended"]
        query = select(*columns).where(~sessions.c.ended, sessions.c.kind == "worker")
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(sessions.c.began_at, sessions.c.id)).mappings()
            return [SessionRecord(**row) for row in found]


def lives(connection: Connection, session: str) -> bool:
    """Whether a session has not ended; nobody can end it before this transaction is over."""
    return not connection.execute(_HAS_ENDED, {"session": session}).scalar()


class Heartbeats:
    """Who is dead, by the observer's own clock: no clocks of two machines are compared."""

    def __init__(self, *, lease_s: float) -> None:
        self._lease_s = lease_s
        #: Session -> its beat and since when it stands there.
        self._seen: dict[str, tuple[int, float]] = {}
        self._last_s = float("-inf")

    def observe(self, beats: Mapping[str, int], now_s: float) -> list[tuple[str, int]]:
        """Give the sessions, each with its beat, that have stood still for the whole lease.

        Who observes late was away, or the database was: nothing follows from beats that it did not see, and all
        sessions get their lease anew.
        """
        seen = self._seen if now_s - self._last_s <= self._lease_s / 2 else {}
        self._last_s = now_s
        self._seen = {
            session: seen[session] if session in seen and seen[session][0] == beat else (beat, now_s)
            for session, beat in beats.items()
        }
        return [(session, beat) for session, (beat, since_s) in self._seen.items() if now_s - since_s >= self._lease_s]


def _free(connection: Connection, session: str) -> None:
    connection.execute(
        update(chunks).where(chunks.c.session == session).values(state="ready", session=None, queued_at=None)
    )
    set_shards(connection, shards.c.session == session, session=None, queued_at=None)
