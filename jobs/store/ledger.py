"""The ledger: an attempt is recorded before its request leaves, and settled with the item's result in one transaction.

All writes of a process go through one thread, which commits what has gathered (group commit): hundreds of requests in
flight share a transaction, and each still waits until its own start is committed. What is committed outlives a killed
process and a power cut (SQLite's WAL with synchronous=FULL). While the database is away, the same transaction is tried
again and again; it is written once, whether or not the answer to its commit was lost. What the store refuses for
another reason is found by writing the same things one by one: it fails alone.
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

from jobs.clock import Clock
from jobs.store.attempts import End, Finished, Grant, Start
from jobs.store.database import store_error
from jobs.store.ledger_writes import Answer, Unwritten, Writing

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
    reply: SimpleQueue[Answer] = field(default_factory=SimpleQueue)


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
        #: The first of all errors, and the first of those that left an attempt open since the last flush.
        self._unwritten: Exception | None = None
        self._left_open: Exception | None = None

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
            StoreError: some of what was ever recorded could not be written.
        """
        self._queue.put(None)
        self._writer.join()
        if self._unwritten:
            raise store_error(self._unwritten)

    def start(self, start: Start) -> Grant:
        """Record an attempt before its request leaves; it may leave only when that is granted.

        Raises:
            StoreError: it could not be recorded, so it must not be sent.
        """
        asked = _Asked(start)
        self._queue.put(asked)
        answer = asked.reply.get()
        if isinstance(answer, Grant):
            return answer
        raise store_error(answer.error)

    def end(self, end: End) -> None:
        """Record how an attempt ended; returns at once, the writer commits it with the next batch."""
        self._queue.put(end)

    def finish(self, finished: Finished) -> None:
        """Record an item's result that comes without an attempt: it could not be sent."""
        self._queue.put(finished)

    def flush(self) -> None:
        """Wait until all that was recorded before is committed.

        What the store refuses for its content is settled without it: such an attempt ends unconfirmed, its item fails.

        Raises:
            StoreError: an attempt since the last flush is open in the store and stays so, until its session is closed.
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
        given = [entry for entry in entries if isinstance(entry, _Asked | End | Finished)]
        writing = Writing(
            engine=self._engine,
            clock=self._clock,
            sleep=self._sleep,
            clock_s=self._clock_s,
            until_s=self._clock_s() + self._patience_s,
        )
        entries_given = [entry.start if isinstance(entry, _Asked) else entry for entry in given]
        answers = writing.write(entries_given) if given else []
        for entry, answer in zip(given, answers, strict=True):
            self._tell(entry, answer)
        if marks := [entry for entry in entries if isinstance(entry, _Mark)]:
            told, self._left_open = self._left_open, None
            for mark in marks:
                mark.reply.put(told)

    def _tell(self, entry: _Asked | End | Finished, answer: Answer) -> None:
        if isinstance(answer, Unwritten):
            self._unwritten = self._unwritten or answer.error
            if answer.left_open:
                self._left_open = self._left_open or answer.error
        if isinstance(entry, _Asked):
            entry.reply.put(answer)
