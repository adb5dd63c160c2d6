"""The ledger: an attempt is recorded before its request leaves, and settled with the item's result in one transaction.

All writes of a process go through one thread, which commits what has gathered (group commit): hundreds of requests in
flight share a transaction, and each still waits until its own start is committed. What is committed outlives a killed
process and a power cut (SQLite's WAL with synchronous=FULL).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Self

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from jobs.clock import Clock, stamp
from jobs.results import ItemState
from jobs.store.copy_table import pack_copy, storable
from jobs.store.database import store_error
from jobs.store.schema import TOKEN_COLUMNS, attempt_ends, attempt_starts, copies, items, jobs
from jobs.usage import TokenUsage
from templates.fields import Copy

#: How long the writer lets writes gather before it commits them, small beside any model's latency; shorter where a
#: commit is shared by many anyhow.
_GATHER_S, _SHORTER_S = 0.02, 0.002
_MANY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An attempt that is about to be sent."""

    attempt: str
    job_id: str
    item_id: int
    session: str
    purpose: str
    model: str
    region: str
    lane: str
    realm: str
    #: Held against the cap until the attempt ends; None when it cannot be priced.
    reserved_pico: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of an item, written together with its last attempt."""

    item_id: int
    state: ItemState
    copy: Copy
    notes: str
    finish: str = ""
    tier: str = ""
    lane: str = ""
    price_ref: str = ""
    #: Where later jobs find the copy; None when it is not to be reused.
    kept_as: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an attempt ended."""

    start: Start
    #: `ok`, `unbilled` or `unconfirmed`.
    outcome: str
    error: str = ""
    tier: str = ""
    usage: TokenUsage = field(default_factory=TokenUsage)
    raw_usage: Mapping[str, Any] = field(default_factory=dict)
    cost_pico: int | None = None
    price_ref: str = ""
    request_id: str = ""
    finish: str = ""
    seconds: float = 0.0
    #: The item's result when this attempt was its last.
    finished: Finished | None = None


@dataclass(slots=True)
class _Waiting:
    start: Start
    reply: SimpleQueue[bool | Exception]


class Ledger:
    """Where attempts start and end. Use it as a context manager: leaving it writes what is still queued."""

    def __init__(self, engine: Engine, *, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine = engine.execution_options(writes=True)
        self._clock = clock
        self._sleep = sleep
        self._queue: SimpleQueue[_Waiting | End | Finished | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._broken: Exception | None = None

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._writer.join()
        if self._broken:
            raise store_error(self._broken)

    def start(self, start: Start) -> bool:
        """Record an attempt before its request leaves; False when its reservation does not fit under the cap.

        Raises:
            StoreError: it could not be recorded, so it must not be sent.
        """
        waiting = _Waiting(start, SimpleQueue())
        self._queue.put(waiting)
        answer = waiting.reply.get()
        if isinstance(answer, Exception):
            raise store_error(answer)
        return answer

    def end(self, end: End) -> None:
        """Record how an attempt ended; returns at once, the writer commits it with the next batch."""
        self._queue.put(end)

    def finish(self, finished: Finished) -> None:
        """Record an item's result that comes without an attempt: it could not be sent."""
        self._queue.put(finished)

    def _write(self) -> None:
        more, gather_s = True, _SHORTER_S
        while more:
            first = self._queue.get()
            if first is not None:
                self._sleep(gather_s)
            batch = [first]
            with suppress(Empty):
                while len(batch) < 1000:  # noqa: PLR2004 - bounds a transaction
                    batch.append(self._queue.get_nowait())
            more = None not in batch
            gather_s = _SHORTER_S if len(batch) >= _MANY else _GATHER_S
            if batch != [None]:
                self._commit(batch)

    def _commit(self, batch: Sequence[_Waiting | End | Finished | None]) -> None:
        waiting = [entry for entry in batch if isinstance(entry, _Waiting)]
        ends = [entry for entry in batch if isinstance(entry, End)]
        finished = [entry for entry in batch if isinstance(entry, Finished)]
        finished += [end.finished for end in ends if end.finished]
        try:
            with self._engine.begin() as connection:
                now = stamp(self._clock())
                _write_ends(connection, ends, now)
                _write_finished(connection, finished, now)
                granted = _grant(connection, [entry.start for entry in waiting], ends)
                starts = [_start_row(entry.start, now) for entry, yes in zip(waiting, granted, strict=True) if yes]
                if starts:
                    connection.execute(insert(attempt_starts), starts)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for a writer that is gone
            self._broken = error
            for entry in waiting:
                entry.reply.put(error)
            return
        for entry, yes in zip(waiting, granted, strict=True):
            entry.reply.put(yes)


def _grant(connection: Connection, starts: Sequence[Start], ends: Sequence[End]) -> list[bool]:
    """Settle the ended attempts against their jobs' caps, then reserve for the new ones in order."""
    granted = [True] * len(starts)
    for job_id in {start.job_id for start in starts} | {end.start.job_id for end in ends}:
        row = connection.execute(
            select(jobs.c.cap_pico, jobs.c.spent_pico, jobs.c.held_pico).where(jobs.c.id == job_id).with_for_update()
        ).one()
        cap, spent, held = row.cap_pico, row.spent_pico, row.held_pico
        for end in ends:
            if end.start.job_id == job_id:
                spent += end.cost_pico or 0
                # What may have been billed unseen stays held: the cap must hold in the worst case.
                held -= 0 if end.outcome == "unconfirmed" else (end.start.reserved_pico or 0)
        for at, start in enumerate(starts):
            if start.job_id == job_id:
                reserved = start.reserved_pico or 0
                granted[at] = cap is None or spent + held + reserved <= cap
                held += reserved if granted[at] else 0
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(spent_pico=spent, held_pico=held))
    return granted


_ADD_TO_ITEM = (
    update(items)
    .where(items.c.id == bindparam("the_item"))
    .values(
        attempts=items.c.attempts + 1,
        seconds=items.c.seconds + bindparam("more_seconds"),
        unpriced=items.c.unpriced + bindparam("more_unpriced"),
        cost_pico=items.c.cost_pico + bindparam("more_cost"),
        **{name: items.c[name] + bindparam(f"more_{name}") for name in TOKEN_COLUMNS},
    )
)
_FINISH_ITEM = (
    update(items)
    .where(items.c.id == bindparam("the_item"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("state", "copy", "notes", "finish", "tier", "lane", "price_ref")}
    )
)
_FINISH_TWINS = (
    update(items)
    .where(items.c.twin_of == bindparam("the_item"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "copy", "notes")})
)


def _write_ends(connection: Connection, ends: Sequence[End], now: str) -> None:
    if not ends:
        return
    connection.execute(insert(attempt_ends), [_end_row(end, now) for end in ends])
    connection.execute(_ADD_TO_ITEM, [_item_totals(end) for end in ends])


def _write_finished(connection: Connection, finished: Sequence[Finished], now: str) -> None:
    if not finished:
        return
    connection.execute(_FINISH_ITEM, [_finish_row(entry) for entry in finished])
    connection.execute(_FINISH_TWINS, [_twin_row(entry) for entry in finished])
    kept = [
        {**entry.kept_as, "copy": pack_copy(entry.copy), "notes": storable(entry.notes), "at": now}
        for entry in finished
        if entry.kept_as is not None
    ]
    if kept:
        connection.execute(insert(copies), kept)


def _start_row(start: Start, now: str) -> dict[str, Any]:
    return {
        "attempt": start.attempt,
        "job_id": start.job_id,
        "item_id": start.item_id,
        "session": start.session,
        "at": now,
        "purpose": start.purpose,
        "model": start.model,
        "region": start.region,
        "lane": start.lane,
        "realm": start.realm,
        "reserved_pico": start.reserved_pico,
    }


def _end_row(end: End, now: str) -> dict[str, Any]:
    return {
        "attempt": end.start.attempt,
        "at": now,
        "outcome": end.outcome,
        "error": end.error,
        "tier": storable(end.tier),
        "cost_pico": end.cost_pico,
        "price_ref": end.price_ref,
        "usage": json.dumps(end.raw_usage, default=str),
        "request_id": storable(end.request_id),
        "finish": storable(end.finish),
        "seconds": round(end.seconds, 3),
        **_tokens(end.usage),
    }


def _tokens(usage: TokenUsage) -> dict[str, int]:
    return {name: getattr(usage, name) for name in TOKEN_COLUMNS}


def _item_totals(end: End) -> dict[str, Any]:
    return {
        "the_item": end.start.item_id,
        "more_seconds": round(end.seconds, 3),
        "more_unpriced": int(end.outcome == "ok" and end.cost_pico is None),
        "more_cost": end.cost_pico or 0,
        **{f"more_{name}": count for name, count in _tokens(end.usage).items()},
    }


def _finish_row(entry: Finished) -> dict[str, Any]:
    return {
        "the_item": entry.item_id,
        "new_state": entry.state,
        "new_copy": pack_copy(entry.copy),
        "new_notes": storable(entry.notes),
        "new_finish": storable(entry.finish),
        "new_tier": storable(entry.tier),
        "new_lane": entry.lane,
        "new_price_ref": entry.price_ref,
    }


def _twin_row(entry: Finished) -> dict[str, Any]:
    state = ItemState.REUSED if entry.state is ItemState.DONE else entry.state
    return {
        "the_item": entry.item_id,
        "new_state": state,
        "new_copy": pack_copy(entry.copy),
        "new_notes": storable(entry.notes),
    }
