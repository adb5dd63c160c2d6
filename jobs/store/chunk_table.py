"""The chunks of jobs that many workers share: which are given out next, who has which."""

from __future__ import annotations

import heapq
import math
import random as chance
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from jobs.clock import stamp
from jobs.lifecycle import JobState
from jobs.store.recounting import recount
from jobs.store.schema import IS_OPEN, IS_RUNNING, chunks, items, jobs, shards
from jobs.store.session_table import lives

#: How many chunks of urgent jobs one dispatch gives out at the most.
_MOST_URGENT = 64
#: The number of PostgreSQL's advisory lock under which one dispatch at a time decides.
_DISPATCH_LOCK = 5_364_290_417


class ChunkState(StrEnum):
    """Where a chunk stands."""

    READY = "ready"
    #: A message about it is out.
    QUEUED = "queued"
    #: A session takes its items.
    CLAIMED = "claimed"
    #: All its items are taken, not all are settled.
    DRAINING = "draining"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The items of one Celery task: a job's open ones from the first to the last id."""

    id: int
    job_id: str
    first_item: int
    last_item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A chunk that is to be told to the workers."""

    chunk_id: int
    urgent: bool


@dataclass(slots=True, kw_only=True)
class _Turn:
    """A running job, as dispatch sees it."""

    job_id: str
    weight: int
    proven: bool
    #: Chunks that are queued or claimed.
    out: int
    ready: deque[int] | None = None


class ChunkTable:
    """The chunks of all jobs.

    Rows are locked in the order job, session, chunk, wherever a transaction needs several of them.
    """

    def __init__(self, engine: Engine, *, random: Callable[[], float] = chance.random) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._random = random

    def submit(self, job_id: str, *, size: int, now: datetime, detached: bool) -> int | None:
        """Hand a job to the workers: divide its open items into chunks and let it run, all at once.

        `size` 0 makes no chunks: its items go into batch jobs first. Gives how many chunks there are; None when the
        workers have the job already: of several who submit it, one does.
        """
        with self._writing.connect() as connection, connection.begin() as transaction:
            # It locks the job, after the items of attempts that may end at this moment.
            recount(connection, job_id)
            row = connection.execute(select(jobs.c.kind, jobs.c.state, jobs.c.shared).where(jobs.c.id == job_id)).one()
            if row.shared and row.state == JobState.RUNNING:
                transaction.rollback()
                return None
            count = _divide(connection, job_id, size)
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=JobState.RUNNING,
                    stop_reason=None,
                    stop_wanted=None,
                    began_at=stamp(now),
                    ended_at=None,
                    message="",
                    error=None,
                    shared=True,
                    detached=detached,
                    session=None,
                    # What fits into one chunk is waited for by a person: it goes before bulk work.
                    urgent=row.kind == "preview" or count == 1,
                    proven=False,
                    # Its items go out as chunks: nothing is left to be said about the rest.
                    rest_lane=func.coalesce(jobs.c.rest_lane, jobs.c.lane) if size else jobs.c.rest_lane,
                )
            )
        return count

    def begin_rest(self, job_id: str, lane: str, *, size: int) -> bool:
        """Let what batch jobs left open be sent one by one in a lane, as chunks.

        False: somebody has done it, or has made new shards of them.
        """
        with self._writing.begin() as connection:
            is_open = exists().where(shards.c.job_id == job_id, shards.c.state != "closed")
            connection.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True))
            mine = update(jobs).where(jobs.c.id == job_id, jobs.c.rest_lane.is_(None), ~is_open)
            if connection.execute(mine.values(rest_lane=lane)).rowcount != 1:
                return False
            _divide(connection, job_id, size)
        return True

    def divide(self, job_id: str, *, size: int) -> int:
        """Divide a job's open items into new chunks in the order of planning; give how many there are."""
        with self._writing.begin() as connection:
            return _divide(connection, job_id, size)

    def dispatch(self, *, most: int, now: datetime) -> list[Message]:
        """Mark the chunks that come next as queued, and give them.

        Urgent jobs' chunks go out whatever else is out; others until `most` of them are queued or claimed, each time
        from the job that has the fewest of those for its weight. A job of which no request has had a good reply yet
        has one chunk out at a time.
        """
        at = stamp(now)
        with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_DISPATCH_LOCK)))
            rows = connection.execute(_TURNS, {"now": at}).all()
            bulk_out = sum(row.out for row in rows if not row.urgent)
            urgent = self._pick(connection, (row for row in rows if row.urgent), _MOST_URGENT, at)
            bulk = self._pick(connection, (row for row in rows if not row.urgent), most - bulk_out, at)
            if urgent or bulk:
                connection.execute(_QUEUE, [{"the_chunk": chunk, "at": at} for chunk in sorted(urgent + bulk)])
        return [
            *(Message(chunk_id=chunk, urgent=True) for chunk in urgent),
            *(Message(chunk_id=chunk, urgent=False) for chunk in bulk),
        ]

    def _pick(self, connection: Connection, rows: Iterable[Any], free: int, at: str) -> list[int]:
        turns = [
            _Turn(job_id=row.id, weight=max(1, row.weight), proven=row.proven, out=row.out)
            for row in rows
            if row.has_ready and (row.proven or not (row.out or row.is_draining))
        ]
        # Jobs that are level draw lots by their weights: with few slots, all of them get on.
        waiting = [(*self._standing(turn), place) for place, turn in enumerate(turns)]
        heapq.heapify(waiting)
        picked: list[int] = []
        while waiting and len(picked) < free:
            place = heapq.heappop(waiting)[-1]
            turn = turns[place]
            if turn.ready is None:
                turn.ready = deque(_ready_chunks(connection, turn.job_id, free if turn.proven else 1, at))
            if turn.ready:
                picked.append(turn.ready.popleft())
                turn.out += 1
                if turn.proven:
                    heapq.heappush(waiting, (*self._standing(turn), place))
        return picked

    def _standing(self, turn: _Turn) -> tuple[float, float]:
        return turn.out / turn.weight, -math.log(1.0 - self._random()) / turn.weight

    def claim(self, chunk_id: int, session: str) -> Chunk | None:
        """Give a chunk to a session; None when it is somebody's already, is done, or its job does not go on."""
        with self._writing.begin() as connection:
            # The job's row is locked so that nobody settles it in between.
            if connection.execute(_GOES_ON, {"the_chunk": chunk_id}).first() is None or not lives(connection, session):
                return None
            row = connection.execute(_CLAIM, {"the_chunk": chunk_id, "by": session}).mappings().first()
        return Chunk(**row) if row else None

    def drain(self, chunk_id: int, session: str) -> None:
        """Say that all items of a claimed chunk are taken."""
        with self._writing.begin() as connection:
            connection.execute(_DRAIN, {"the_chunk": chunk_id, "by": session})

    def release(self, session: str, chunk_ids: Collection[int], now: datetime) -> set[str]:
        """Let go of chunks that a session holds; give the jobs that they belong to.

        A chunk is done when none of its items is open any more, else ready again: as soon as one of them is due.
        """
        if not chunk_ids:
            return set()
        with self._writing.begin() as connection:
            lives(connection, session)
            held = connection.execute(_HELD, {"session": session, "chunks": list(chunk_ids), "now": stamp(now)}).all()
            if held:
                connection.execute(_LET_GO, [_let_go(row, session) for row in held])
        return {row.job_id for row in held}

    def held(self, session: str) -> list[int]:
        """Give the chunks that a session has."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(chunks.c.id).where(chunks.c.session == session)).scalars())

    def requeue(self, *, queued_before: datetime) -> int:
        """Make chunks ready again whose message has been out since before a moment; give how many."""
        running = select(jobs.c.id).where(IS_RUNNING)
        lost = chunks.c.job_id.in_(running) & (chunks.c.state == ChunkState.QUEUED)
        query = update(chunks).where(lost, chunks.c.queued_at < stamp(queued_before))
        with self._writing.begin() as connection:
            return connection.execute(query.values(state=ChunkState.READY, queued_at=None)).rowcount

    def counts(self, job_id: str) -> dict[str, int]:
        """Count the chunks of a job by state."""
        query = select(chunks.c.state, func.count()).where(chunks.c.job_id == job_id).group_by(chunks.c.state)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _divide(connection: Connection, job_id: str, size: int) -> int:
    # Chunks that a stop left would send what goes into other chunks now, or into batch jobs.
    connection.execute(delete(chunks).where(chunks.c.job_id == job_id))
    if not size:
        return 0
    number = (func.row_number().over(order_by=items.c.id) - 1) // literal(size)
    page = select(items.c.id, number.label("number")).where(items.c.job_id == job_id, IS_OPEN).subquery()
    divided = (
        select(literal(job_id), func.min(page.c.id), func.max(page.c.id), literal(ChunkState.READY.value))
        .group_by(page.c.number)
        .order_by(page.c.number)
    )
    columns = ["job_id", "first_item", "last_item", "state"]
    made = insert(chunks).from_select(columns, divided).execution_options(preserve_rowcount=True)
    return connection.execute(made).rowcount


def _in_state(*states: ChunkState) -> Any:
    return (chunks.c.job_id == jobs.c.id) & chunks.c.state.in_(states)


_IS_DUE = chunks.c.not_before <= bindparam("now")
#: The running jobs with what they have out; each figure is read off an index, however many chunks are ready.
_TURNS = select(
    jobs.c.id,
    jobs.c.urgent,
    jobs.c.weight,
    jobs.c.proven,
    select(func.count()).where(_in_state(ChunkState.QUEUED, ChunkState.CLAIMED)).scalar_subquery().label("out"),
    exists().where(_in_state(ChunkState.DRAINING)).label("is_draining"),
    exists().where(_in_state(ChunkState.READY), _IS_DUE).label("has_ready"),
).where(IS_RUNNING, jobs.c.stop_wanted.is_(None), jobs.c.error.is_(None))

_READY = (
    select(chunks.c.id)
    .where(chunks.c.job_id == bindparam("job_id"), chunks.c.state == ChunkState.READY, _IS_DUE)
    .order_by(chunks.c.not_before, chunks.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_QUEUE = (
    update(chunks)
    .where(chunks.c.id == bindparam("the_chunk"))
    .values(state=ChunkState.QUEUED, queued_at=bindparam("at"))
)

_IS_THE_CHUNK = chunks.c.id == bindparam("the_chunk")
_GOES_ON = (
    select(jobs.c.id)
    .where(
        jobs.c.id == select(chunks.c.job_id).where(_IS_THE_CHUNK).scalar_subquery(),
        IS_RUNNING,
        jobs.c.stop_wanted.is_(None),
        jobs.c.error.is_(None),
    )
    .with_for_update(read=True)
)
_CLAIM = (
    update(chunks)
    .where(_IS_THE_CHUNK, chunks.c.state.in_((ChunkState.READY, ChunkState.QUEUED)))
    .values(state=ChunkState.CLAIMED, session=bindparam("by"))
    .returning(chunks.c.id, chunks.c.job_id, chunks.c.first_item, chunks.c.last_item)
)
_DRAIN = (
    update(chunks)
    .where(_IS_THE_CHUNK, chunks.c.session == bindparam("by"), chunks.c.state == ChunkState.CLAIMED)
    .values(state=ChunkState.DRAINING)
)

#: What a session's chunks still have open: how many items, how many of those wait, and until when.
_HELD = (
    select(
        chunks.c.id,
        chunks.c.job_id,
        func.count(items.c.id).label("open"),
        func.count(case((items.c.due_at > bindparam("now"), 1))).label("waiting"),
        func.min(items.c.due_at).label("due_at"),
    )
    .select_from(
        chunks.outerjoin(
            items,
            (items.c.job_id == chunks.c.job_id) & items.c.id.between(chunks.c.first_item, chunks.c.last_item) & IS_OPEN,
        )
    )
    .where(chunks.c.session == bindparam("session"), chunks.c.id.in_(bindparam("chunks", expanding=True)))
    .group_by(chunks.c.id, chunks.c.job_id)
    .order_by(chunks.c.id)
)
_LET_GO = (
    update(chunks)
    .where(chunks.c.id == bindparam("the_chunk"), chunks.c.session == bindparam("by"))
    .values(state=bindparam("next"), session=None, queued_at=None, not_before=bindparam("due_at"))
)


def _ready_chunks(connection: Connection, job_id: str, most: int, at: str) -> Sequence[int]:
    return connection.execute(_READY, {"job_id": job_id, "most": most, "now": at}).scalars().all()


def _let_go(row: Any, session: str) -> dict[str, Any]:
    return {
        "the_chunk": row.id,
        "by": session,
        "next": ChunkState.READY if row.open else ChunkState.DONE,
        "due_at": row.due_at if row.open and row.open == row.waiting else "",
    }
