"""What one transaction of the ledger writes, in the order in which rows are locked: items by id, jobs, sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from jobs.results import ItemState
from jobs.store.attempt_rows import (
    ADD_AND_FINISH,
    ADD_TO_ITEM,
    ADD_TO_JOB,
    FINISH_ITEM,
    FINISH_TWINS,
    JOB_SUMS,
    copy_row,
    end_row,
    finish_row,
    item_totals,
    job_sums,
    start_row,
    twin_row,
)
from jobs.store.attempts import End, Finished, Grant, Start
from jobs.store.copy_table import pack_copy
from jobs.store.many_rows import Writes
from jobs.store.schema import attempt_ends, attempt_starts, copies, items, jobs, sessions

_TWIN = items.alias("twin")
_LOCK_ITEMS = (
    select(items.c.id, items.c.job_id, items.c.state, exists().where(_TWIN.c.twin_of == items.c.id).label("has_twins"))
    .where(items.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(items.c.id)
    .with_for_update(key_share=True)
)
_LOCK_JOBS = (
    select(jobs.c.id, jobs.c.cap_pico, jobs.c.spent_pico, jobs.c.held_pico)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(jobs.c.id)
    .with_for_update(key_share=True)
)
_LOCK_SESSIONS = (
    select(sessions.c.id, sessions.c.ended)
    .where(sessions.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(sessions.c.id)
    .with_for_update(read=True)
)
_STARTED = select(attempt_starts.c.attempt).where(attempt_starts.c.attempt.in_(bindparam("ids", expanding=True)))
_ENDED = select(attempt_ends.c.attempt).where(attempt_ends.c.attempt.in_(bindparam("ids", expanding=True)))


@dataclass(slots=True)
class _Account:
    """A job's money, and what this transaction adds to its row."""

    cap: int | None
    spent: int
    held: int
    more: dict[str, int]

    def settle(self, end: End) -> None:
        """Take an attempt's cost in the place of its reservation."""
        cost = end.cost_pico or 0
        # What may have been billed unseen stays held: the cap must hold in the worst case.
        freed = 0 if end.outcome == "unconfirmed" else (end.start.reserved_pico or 0)
        self.spent += cost
        self.held -= freed
        self._add(
            spent_pico=cost,
            held_pico=-freed,
            throttled=end.error == "throttled",
            tokens=end.usage.input_tokens + end.usage.output_tokens,
        )

    def reserve(self, start: Start) -> bool:
        """Hold what an attempt may cost; False when that does not fit under the cap."""
        reserved = start.reserved_pico or 0
        if self.cap is not None and self.spent + self.held + reserved > self.cap:
            return False
        self.held += reserved
        self._add(held_pico=reserved, requests=1)
        return True

    def finish(self, finished: Finished) -> None:
        """Count an item's result."""
        self._add(finished=1, failed=finished.state is ItemState.FAILED)

    def _add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.more[name] += count


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Attempts that start, attempts that end, and results without an attempt."""

    starts: Sequence[Start]
    ends: Sequence[End]
    finished: Sequence[Finished]

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.starts or self.ends or self.finished)

    def write(self, connection: Connection, now: str, *, again: bool) -> list[Grant]:
        """Write all of it; give what is answered to its starts.

        `again`: a commit of the same batch got no answer, so that it may be written already.
        """
        found = self._lock_items(connection)
        if again:
            self._lock_jobs(connection, ())
            answers = self._found_written(connection)
            if answers is not None:
                return answers
        accepted = self._accepted(found)
        job_of = {row.id: row.job_id for row in found}
        accounts = self._lock_jobs(connection, {job_of[item] for item in accepted})
        for end in self.ends:
            accounts[end.start.job_id].settle(end)
        for item, finished in accepted.items():
            accounts[job_of[item]].finish(finished)
        answers = list(self._grant(connection, accounts))
        writes = Writes()
        packed = {item: pack_copy(finished.copy) for item, finished in accepted.items()}
        self._write_ends(writes, accepted, packed, now)
        self._write_results(writes, found, accepted, packed, now)
        granted = (start for start, answer in zip(self.starts, answers, strict=True) if answer)
        writes.add(attempt_starts, (start_row(start, now) for start in granted))
        sums = (job_sums(job, account.more) for job, account in accounts.items())
        writes.change(ADD_TO_JOB, sums, by="the_job")
        writes.write(connection)
        return answers

    def _results(self) -> Iterator[Finished]:
        yield from (end.finished for end in self.ends if end.finished)
        yield from self.finished

    def _lock_items(self, connection: Connection) -> Sequence[Any]:
        ids = {end.start.item_id for end in self.ends} | {finished.item_id for finished in self.finished}
        return connection.execute(_LOCK_ITEMS, {"ids": sorted(ids)}).all() if ids else ()

    def _lock_jobs(self, connection: Connection, more: Collection[str]) -> dict[str, _Account]:
        ids = {start.job_id for start in self.starts} | {end.start.job_id for end in self.ends} | {*more}
        if not ids:
            return {}
        rows = connection.execute(_LOCK_JOBS, {"ids": sorted(ids)})
        return {
            row.id: _Account(row.cap_pico, row.spent_pico, row.held_pico, dict.fromkeys(JOB_SUMS, 0)) for row in rows
        }

    def _found_written(self, connection: Connection) -> list[Grant] | None:
        """Find out by its attempts whether the batch is written: all of it is, or nothing.

        The rows that it writes are locked: a commit that was on its way is over.
        """
        started = set(_which(connection, _STARTED, (start.attempt for start in self.starts)))
        if not started and not _which(connection, _ENDED, (end.start.attempt for end in self.ends[:1])):
            return None
        ended = self._ended_sessions(connection)
        return [
            Grant.GRANTED if start.attempt in started else Grant.ENDED if start.session in ended else Grant.CAP
            for start in self.starts
        ]

    def _accepted(self, found: Sequence[Any]) -> dict[int, Finished]:
        """Choose the results that count: the first one of an item that has none."""
        pending = {row.id for row in found if row.state == ItemState.PENDING}
        accepted: dict[int, Finished] = {}
        for finished in self._results():
            if finished.item_id in pending:
                accepted.setdefault(finished.item_id, finished)
        return accepted

    def _write_ends(
        self, writes: Writes, accepted: Mapping[int, Finished], packed: Mapping[int, str], now: str
    ) -> None:
        writes.add(attempt_ends, (end_row(end, now) for end in self.ends))
        last, others = [], []
        for end in self.ends:
            finished = end.finished
            if finished and accepted.get(finished.item_id) is finished:
                last.append(item_totals(end) | finish_row(finished, packed[finished.item_id]))
            else:
                others.append(item_totals(end))
        writes.change(ADD_AND_FINISH, last, by="the_item")
        writes.change(ADD_TO_ITEM, others, by="the_item")

    def _write_results(
        self,
        writes: Writes,
        found: Sequence[Any],
        accepted: Mapping[int, Finished],
        packed: Mapping[int, str],
        now: str,
    ) -> None:
        alone = [entry for entry in self.finished if accepted.get(entry.item_id) is entry]
        writes.change(FINISH_ITEM, (finish_row(entry, packed[entry.item_id]) for entry in alone), by="the_item")
        twins = [accepted[row.id] for row in found if row.has_twins and row.id in accepted]
        # These are other rows than any of the above.
        writes.change(FINISH_TWINS, map(twin_row, twins), by="their_item")
        kept = (entry for entry in accepted.values() if entry.kept_as is not None)
        writes.add(copies, (copy_row(entry, packed[entry.item_id], now) for entry in kept))

    def _grant(self, connection: Connection, accounts: Mapping[str, _Account]) -> Iterator[Grant]:
        ended = self._ended_sessions(connection)
        for start in self.starts:
            if start.session in ended:
                yield Grant.ENDED
            else:
                yield Grant.GRANTED if accounts[start.job_id].reserve(start) else Grant.CAP

    def _ended_sessions(self, connection: Connection) -> set[str]:
        """Give the sessions of the starts that have ended; the others cannot be ended before the commit."""
        ids = sorted({start.session for start in self.starts})
        return {row.id for row in connection.execute(_LOCK_SESSIONS, {"ids": ids}) if row.ended} if ids else set()


def _which(connection: Connection, query: Any, ids: Iterable[Any]) -> Sequence[Any]:
    wanted = list(ids)
    return connection.execute(query, {"ids": wanted}).scalars().all() if wanted else ()
