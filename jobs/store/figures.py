"""Figures of the whole store for a monitor, by queries that stay cheap however many items there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from jobs.lifecycle import JobState
from jobs.store.chunk_table import ChunkState
from jobs.store.schema import chunks, jobs, sessions, shards
from jobs.store.shard_table import ShardState

#: States of chunks whose items nobody has taken yet.
_UNTAKEN = (ChunkState.READY, ChunkState.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """How the store stands at one moment."""

    #: By state; estimates are no jobs here.
    jobs: Mapping[str, int]
    #: Of running jobs, by state.
    chunks: Mapping[str, int]
    #: Of all jobs, by state, but for the closed ones.
    shards: Mapping[str, int]
    #: Items that the present sessions of running jobs finished, and those that failed.
    done: int
    failed: int
    #: Items of chunks that nobody has taken yet; at the most, since a chunk may hold items with copy already.
    waiting: int
    #: Worker processes that have not ended.
    workers: int
    #: By realm: what all jobs have cost, and what is reserved by open attempts and by those that never ended.
    spent_pico: Mapping[str, int]
    held_pico: Mapping[str, int]


class Figures:
    """Reads figures; writes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> StoreFigures:
        """Give the figures as they stand: from the rows of jobs, chunks and sessions, not from the items."""
        with self._engine.connect() as connection:
            by_state = _jobs_by_state(connection)
            counted, waiting = _chunks(connection)
            done, failed = _progress(connection)
            money = _money(connection)
            live = select(func.count()).select_from(sessions).where(~sessions.c.ended, sessions.c.kind == "worker")
            return StoreFigures(
                jobs=by_state,
                chunks=counted,
                shards=_shards(connection),
                done=done,
                failed=failed,
                waiting=waiting,
                workers=connection.execute(live).scalar_one(),
                spent_pico={realm: spent for realm, (spent, _) in money.items()},
                held_pico={realm: held for realm, (_, held) in money.items()},
            )


def _jobs_by_state(connection: Connection) -> dict[str, int]:
    query = select(jobs.c.state, func.count()).where(jobs.c.kind != "estimate").group_by(jobs.c.state)
    return {state.value: 0 for state in JobState} | {row[0]: row[1] for row in connection.execute(query)}


def _chunks(connection: Connection) -> tuple[dict[str, int], int]:
    """Count the chunks of running jobs by state, and the items of those that nobody has taken."""
    running = select(jobs.c.id).where(jobs.c.state == JobState.RUNNING)
    query = (
        select(chunks.c.state, func.count(), func.sum(chunks.c.last_item - chunks.c.first_item + 1))
        .where(chunks.c.job_id.in_(running))
        .group_by(chunks.c.state)
    )
    rows = connection.execute(query).all()
    waiting = sum(int(row[2]) for row in rows if row[0] in _UNTAKEN)
    return {state.value: 0 for state in ChunkState} | {row[0]: row[1] for row in rows}, waiting


def _shards(connection: Connection) -> dict[str, int]:
    open_states = [state for state in ShardState if state is not ShardState.CLOSED]
    query = select(shards.c.state, func.count()).where(shards.c.state.in_(open_states)).group_by(shards.c.state)
    return {state.value: 0 for state in open_states} | {row[0]: row[1] for row in connection.execute(query)}


def _progress(connection: Connection) -> tuple[int, int]:
    finished, failed = func.coalesce(func.sum(jobs.c.finished), 0), func.coalesce(func.sum(jobs.c.failed), 0)
    row = connection.execute(select(finished, failed).where(jobs.c.state == JobState.RUNNING)).one()
    return int(row[0] - row[1]), int(row[1])


def _money(connection: Connection) -> dict[str, tuple[int, int]]:
    query = select(jobs.c.realm, func.sum(jobs.c.spent_pico), func.sum(jobs.c.held_pico)).group_by(jobs.c.realm)
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
