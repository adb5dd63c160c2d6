"""Writes what has gathered for the ledger: what passes is waited out, and one bad row takes no others with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from jobs.clock import Clock, stamp
from jobs.results import ItemState
from jobs.store.attempts import End, Finished, Grant, Start
from jobs.store.failures import StoreError, StoreLostError, reason
from jobs.store.ledger_batch import Batch
from jobs.store.patience import patiently

Entry = Start | End | Finished


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Why an entry is not in the store as it was given."""

    error: Exception
    #: The store takes the attempt for one on its way, which it will never see end.
    left_open: bool


#: What comes to a written start; everything else that is written counts as granted.
Answer = Grant | Unwritten


@dataclass(slots=True, kw_only=True)
class Writing:
    """Entries on their way into the store, for which all of them together are waited as long as `until_s`."""

    engine: Engine
    clock: Clock
    sleep: Callable[[float], object]
    clock_s: Callable[[], float]
    until_s: float
    #: The database was lost in between: some of it may be written already.
    was_lost: bool = False

    def write(self, entries: Sequence[Entry]) -> list[Answer]:
        """Write the entries, all in one transaction when that can be; give the answer to each."""
        try:
            return self._together(entries)
        except StoreLostError as error:
            return [Unwritten(error, left_open=True) for _ in entries]
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for a writer that is gone
            return self._one_by_one(entries) if len(entries) > 1 else [self._refused(entries[0], error)]

    def _one_by_one(self, entries: Sequence[Entry]) -> list[Answer]:
        answers: list[Answer] = []
        for at, entry in enumerate(entries):
            [answer] = self.write([entry])
            answers.append(answer)
            if isinstance(answer, Unwritten) and isinstance(answer.error, StoreLostError):
                # The time for all of them is over.
                answers += [Unwritten(answer.error, left_open=True) for _ in entries[at + 1 :]]
                break
        return answers

    def _refused(self, entry: Entry, error: Exception) -> Unwritten:
        """Settle what the store refuses to take as it is, unless it is the store that fails."""
        if isinstance(entry, Start):
            return Unwritten(error, left_open=False)
        left: Exception = error
        for other in _instead(entry, error):
            if isinstance(left, StoreError):
                break
            try:
                self._together([other])
            except Exception as again:  # noqa: BLE001 - as above
                left = again
            else:
                return Unwritten(error, left_open=False)
        return Unwritten(left, left_open=True)

    def _together(self, entries: Sequence[Entry]) -> list[Answer]:
        starts = [entry for entry in entries if isinstance(entry, Start)]
        batch = Batch(
            starts=starts,
            ends=[entry for entry in entries if isinstance(entry, End)],
            finished=[entry for entry in entries if isinstance(entry, Finished)],
        )
        left_s = self.until_s - self.clock_s()
        granted = iter(patiently(lambda: self._once(batch), most_s=left_s, sleep=self.sleep, clock_s=self.clock_s))
        return [next(granted) if isinstance(entry, Start) else Grant.GRANTED for entry in entries]

    def _once(self, batch: Batch) -> list[Grant]:
        try:
            with self.engine.begin() as connection:
                return batch.write(connection, stamp(self.clock()), again=self.was_lost)
        except StoreLostError:
            self.was_lost = True
            raise


def _instead(entry: End | Finished, error: Exception) -> Sequence[End | Finished]:
    """Give what is recorded in an entry's place: an item that failed, an attempt with its cost or else unconfirmed.

    Were they left open, the item would be bought again and again, and the attempt waited for as long as its session
    lives.
    """
    if isinstance(entry, Finished):
        return [_failed(entry, error)]
    finished = entry.finished and _failed(entry.finished, error)
    unsure = End(start=entry.start, outcome="unconfirmed", error="store", finished=finished)
    return [replace(entry, finished=finished), unsure]


def _failed(finished: Finished, error: Exception) -> Finished:
    notes = f"Its result could not be stored: {reason(error)}."
    return Finished(item_id=finished.item_id, state=ItemState.FAILED, copy={}, notes=notes)
