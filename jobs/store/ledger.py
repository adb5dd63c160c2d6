"""The ledger: an attempt is recorded before its request leaves, and settled with the item's result in one transaction.

All writes of a process go through one thread, which commits what has gathered (group commit): hundreds of requests in
flight share a transaction, and each still waits until its own start is committed. What is committed outlives a killed
process and a power cut (SQLite's WAL with synchronous=FULL). While the database is away, the same transaction is tried
again and again; it is written once, whether or not the answer to its commit was lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Self

from sqlalchemy import Engine

from jobs.clock import Clock, stamp
from jobs.store.attempts import End, Finished, Grant, Start
from jobs.store.database import store_error
from jobs.store.ledger_batch import Batch
from jobs.store.patience import patiently

__all__ = ["End", "Finished", "Grant", "Ledger", "Start"]


@dataclass(frozen=True, slots=True)
class _Pace:
    """How long writes gather before they are committed, small beside any model's latency."""

    gather_s: float
    #: Where a commit is shared by so many anyhow.
    shorter_s: float
    many: int


_FILE = _Pace(0.02, 0.002, 16)
#: A commit costs twice the work of one in a file, and other processes wait for its locks.
_SERVER = _Pace(0.1, 0.01, 100)


@dataclass(slots=True)
class _Asked:
    """A start whose sender waits for the answer."""

    start: Start
    reply: SimpleQueue[Grant | Exception] = field(default_factory=SimpleQueue)


@dataclass(slots=True)
class _Mark:
    """Whoever waits until all before it is committed."""

    reply: SimpleQueue[Exception | None] = field(default_factory=SimpleQueue)


class Ledger:
    """Where attempts start and end. Use it as a context manager, or open and close it.

    Args:
        engine: of the store.
        clock: gives the present moment.
        sleep: waits.
        patience_s: for how long a lost database is waited out; 0 gives up at once.
        clock_s: a monotonic clock.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        sleep: Callable[[float], object] = time.sleep,
        patience_s: float = 0.0,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine.execution_options(writes=True)
        self._clock = clock
        self._sleep = sleep
        self._patience_s = patience_s
        self._clock_s = clock_s
        self._queue: SimpleQueue[_Asked | End | Finished | _Mark | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._broken: Exception | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Begin to write."""
        self._writer.start()

    def close(self) -> None:
        """Write what is still queued, and end.

        Raises:
            StoreError: some of it could not be written.
        """
        self._queue.put(None)
        self._writer.join()
        if self._broken:
            raise store_error(self._broken)

    def start(self, start: Start) -> Grant:
        """Record an attempt before its request leaves; it may leave only when that is granted.

        Raises:
            StoreError: it could not be recorded, so it must not be sent.
        """
        asked = _Asked(start)
        self._queue.put(asked)
        answer = asked.reply.get()
        if isinstance(answer, Exception):
            raise store_error(answer)
        return answer

    def end(self, end: End) -> None:
        """Record how an attempt ended; returns at once, the writer commits it with the next batch."""
        self._queue.put(end)

    def finish(self, finished: Finished) -> None:
        """Record an item's result that comes without an attempt: it could not be sent."""
        self._queue.put(finished)

    def flush(self) -> None:
        """Wait until all that was recorded before is committed.

        Raises:
            StoreError: some of it could not be written.
        """
        mark = _Mark()
        self._queue.put(mark)
        error = mark.reply.get()
        if error:
            raise store_error(error)

    def _write(self) -> None:
        pace = _FILE if self._engine.dialect.name == "sqlite" else _SERVER
        more, gather_s = True, pace.shorter_s
        while more:
            first = self._queue.get()
            if first is not None:
                self._sleep(gather_s)
            entries = [first]
            with suppress(Empty):
                while len(entries) < 1000:  # noqa: PLR2004 - bounds a transaction
                    entries.append(self._queue.get_nowait())
            more = None not in entries
            gather_s = pace.shorter_s if len(entries) >= pace.many else pace.gather_s
            self._commit(entries)

    def _commit(self, entries: Sequence[_Asked | End | Finished | _Mark | None]) -> None:
        asked = [entry for entry in entries if isinstance(entry, _Asked)]
        batch = Batch(
            starts=[entry.start for entry in asked],
            ends=[entry for entry in entries if isinstance(entry, End)],
            finished=[entry for entry in entries if isinstance(entry, Finished)],
        )
        answers: Sequence[Grant | Exception]
        try:
            answers = self._written(batch) if batch else []
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for a writer that is gone
            self._broken = error
            answers = [error] * len(asked)
        for one, answer in zip(asked, answers, strict=True):
            one.reply.put(answer)
        for entry in entries:
            if isinstance(entry, _Mark):
                entry.reply.put(self._broken)

    def _written(self, batch: Batch) -> list[Grant]:
        tries = 0

        def once() -> list[Grant]:
            nonlocal tries
            tries += 1
            with self._engine.begin() as connection:
                return batch.write(connection, stamp(self._clock()), again=tries > 1)

        return patiently(once, most_s=self._patience_s, sleep=self._sleep, clock_s=self._clock_s)
