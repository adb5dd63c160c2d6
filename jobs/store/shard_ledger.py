"""The ledger of the batch lane: attempts start page by page before their file is sent, and end with the harvest.

Each method is one transaction that may be repeated: what is started or ended already is left as it is, so that a
harvest that was killed anywhere can begin anew, and nothing is booked twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, bindparam, exists, func, select, update

from jobs.clock import Clock, stamp
from jobs.results import ItemState
from jobs.store.attempts import End, Finished, Grant, Start
from jobs.store.item_table import OpenItem, open_item
from jobs.store.ledger_batch import Batch
from jobs.store.schema import IS_OPEN, attempt_ends, attempt_starts, items, products, shards
from jobs.store.shard_table import ShardRecord, lock_claim

_HAS_ENDED = exists().where(attempt_ends.c.attempt == attempt_starts.c.attempt)
_START_NAMES = tuple(Start.__dataclass_fields__)
_START_COLUMNS = [attempt_starts.c[name] for name in _START_NAMES]
_ITEM_COLUMNS = ("id", "row", "template", "locale", "model", "fingerprint", "met", "draft")
_STARTED = select(attempt_starts.c.attempt, _HAS_ENDED.label("has_ended")).where(
    attempt_starts.c.attempt.in_(bindparam("ids", expanding=True))
)
_OPENED = (
    select(
        *_START_COLUMNS,
        items.c.state,
        *(items.c[name] for name in _ITEM_COLUMNS),
        products.c.key,
        products.c["values"],
    )
    .select_from(
        attempt_starts.join(items, items.c.id == attempt_starts.c.item_id).join(
            products, products.c.id == items.c.product_id
        )
    )
    .where(attempt_starts.c.attempt.in_(bindparam("ids", expanding=True)), ~_HAS_ENDED)
)
_STILL_OPEN = (
    select(attempt_starts.c.attempt)
    .where(attempt_starts.c.attempt.in_(bindparam("ids", expanding=True)), ~_HAS_ENDED)
    .order_by(attempt_starts.c.attempt)
)
_NOTE = (
    update(items)
    .where(items.c.id == bindparam("the_item"), IS_OPEN)
    .values(met=bindparam("new_met"), draft=bindparam("new_draft"))
)


_ITEM_NAMES = (*_ITEM_COLUMNS, "key", "values")


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt of a shard that has not ended, with its item."""

    start: Start
    item: OpenItem
    #: Nobody has given the item a result by now.
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What an open item takes with it to its next try."""

    item_id: int
    met: Mapping[str, int]
    #: An answer that broke its contract and is to be repaired.
    draft: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvested:
    """What a page of a shard's output gave."""

    ends: Sequence[End]
    notes: Sequence[Note] = ()
    #: Attempt -> which of the shard's counters it adds to: replied, answered, errors, missing.
    counted_as: Mapping[str, Sequence[str]] = field(default_factory=dict)


class ShardLedger:
    """Where the attempts of shards start and end."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._reading = engine.execution_options(reads=True)
        self._engine = engine.execution_options(writes=True)
        self._clock = clock

    def reserve(self, shard: ShardRecord, starts: Sequence[Start]) -> list[Grant]:
        """Record attempts of a claimed shard before they are sent, and hold what they may cost.

        Those that are recorded already stay granted, but for those that have ended: nothing is held for them any more.

        Raises:
            ClaimLostError: the shard is somebody else's.
        """
        with self._engine.begin() as connection:
            lock_claim(connection, shard)
            ids = [start.attempt for start in starts]
            rows = connection.execute(_STARTED, {"ids": ids}).all() if ids else []
            before = {row.attempt: Grant.ENDED if row.has_ended else Grant.GRANTED for row in rows}
            fresh = [start for start in starts if start.attempt not in before]
            batch = Batch(starts=fresh, ends=(), finished=())
            answers = batch.write(connection, stamp(self._clock()), again=False) if fresh else []
        granted = before | dict(zip((start.attempt for start in fresh), answers, strict=True))
        return [granted[start.attempt] for start in starts]

    def opened(self, attempts: Sequence[str]) -> dict[str, Opened]:
        """Give those of these attempts that have not ended, with their items."""
        with self._reading.connect() as connection:
            found = connection.execute(_OPENED, {"ids": list(attempts)})
            return {row[0]: _opened(row) for row in found}

    def left(self, shard: ShardRecord, *, after: str = "", above_item: int = 0, most: int = 500) -> list[str]:
        """Give the next attempts of a shard that have not ended, in their order; only those of items above an id."""
        query = (
            select(attempt_starts.c.attempt)
            .where(
                attempt_starts.c.job_id == shard.job_id,
                attempt_starts.c.session == shard.name,
                attempt_starts.c.attempt > after,
                attempt_starts.c.item_id > above_item,
                ~_HAS_ENDED,
            )
            .order_by(attempt_starts.c.attempt)
            .limit(most)
        )
        with self._reading.connect() as connection:
            return list(connection.execute(query).scalars())

    def started(self, shard: ShardRecord) -> int:
        """Count the attempts of a shard that have not ended."""
        of_shard = (attempt_starts.c.job_id == shard.job_id) & (attempt_starts.c.session == shard.name)
        with self._reading.connect() as connection:
            return connection.execute(select(func.count()).where(of_shard, ~_HAS_ENDED)).scalar_one()

    def settle(self, shard: ShardRecord, page: Harvested) -> int:
        """End attempts of a claimed shard, with their items' results; give how many had not ended before.

        Raises:
            ClaimLostError: the shard is somebody else's.
        """
        if not page.ends:
            return 0
        with self._engine.begin() as connection:
            lock_claim(connection, shard)
            ids = [end.start.attempt for end in page.ends]
            open_now = set(connection.execute(_STILL_OPEN, {"ids": ids}).scalars())
            ends = [end for end in page.ends if end.start.attempt in open_now]
            if not ends:
                return 0
            batch = Batch(starts=(), ends=ends, finished=())
            batch.write(connection, stamp(self._clock()), again=False)
            noted = {end.start.item_id for end in ends}
            notes = [_note_row(note) for note in page.notes if note.item_id in noted]
            if notes:
                connection.execute(_NOTE, notes)
            sums = _sums(ends, page.counted_as)
            connection.execute(
                update(shards)
                .where(shards.c.id == shard.id)
                .values({name: shards.c[name] + more for name, more in sums.items()})
            )
        return len(ends)

    def fail(self, shard: ShardRecord, finished: Sequence[Finished]) -> None:
        """Record results of items that could not be sent.

        Raises:
            ClaimLostError: the shard is somebody else's.
        """
        if finished:
            with self._engine.begin() as connection:
                lock_claim(connection, shard)
                Batch(starts=(), ends=(), finished=finished).write(connection, stamp(self._clock()), again=False)


def _opened(row: Sequence[Any]) -> Opened:
    size = len(_START_NAMES)
    start = Start(**dict(zip(_START_NAMES, row, strict=False)))
    item = open_item(dict(zip(_ITEM_NAMES, row[size + 1 :], strict=True)))
    return Opened(start, item, row[size] == ItemState.PENDING)


def _note_row(note: Note) -> dict[str, Any]:
    return {
        "the_item": note.item_id,
        "new_met": json.dumps(dict(note.met)),
        "new_draft": None if note.draft is None else json.dumps(dict(note.draft), ensure_ascii=False),
    }


def _sums(ends: Sequence[End], counted_as: Mapping[str, Sequence[str]]) -> dict[str, int]:
    sums = {"input_tokens": 0, "output_tokens": 0}
    for end in ends:
        usage = end.usage
        sums["input_tokens"] += usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        sums["output_tokens"] += usage.output_tokens
        for counter in counted_as.get(end.start.attempt, ()):
            sums[counter] = sums.get(counter, 0) + 1
    return sums
