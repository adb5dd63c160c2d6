"""Sums of jobs that have ended, kept: who lists big jobs need not read all their items and attempts again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from jobs.lifecycle import ENDED
from jobs.store.database import StoreError
from jobs.store.job_table import JobRecord
from jobs.store.schema import tallies
from jobs.store.totals import Bought, JobTotals
from jobs.usage import TokenUsage

#: Jobs with fewer items are added up in the time that a kept sum takes to be written.
_BIG = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A job's items by state and the sums of its ledger lines."""

    states: Mapping[str, int]
    totals: JobTotals


class TallyTable:
    """The kept sums. Each holds as long as the job's row says what it said when they were added up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, job: JobRecord) -> Tally | None:
        """Give a job's sums where they are kept and still hold."""
        if job.state not in ENDED:
            return None
        query = select(tallies.c.sums).where(tallies.c.job_id == job.id, tallies.c.stands_for == _stands_for(job))
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
        return _tally(found) if found else None

    def keep(self, job: JobRecord, tally: Tally) -> None:
        """Keep the sums of a big job that has ended; `job` was read before they were added up."""
        if job.state not in ENDED or sum(tally.states.values()) < _BIG:
            return
        row = {"job_id": job.id, "stands_for": _stands_for(job), "sums": json.dumps(asdict(tally), default=str)}
        # Who reads a store that cannot be written still gets the sums, and so does who comes second.
        with suppress(StoreError, IntegrityError), self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(tallies).where(tallies.c.job_id == job.id))
            connection.execute(insert(tallies), [row])


def _stands_for(job: JobRecord) -> str:
    """Give what changes in a job's row whenever an item or an attempt of it does."""
    return json.dumps(
        [
            job.state,
            job.ended_at,
            job.spent_pico,
            job.held_pico,
            job.finished,
            job.failed,
            job.requests,
            job.throttled,
            job.tokens,
        ]
    )


def _tally(text: str) -> Tally:
    found = json.loads(text)
    totals = found["totals"]
    bought = tuple(Bought(**one) for one in totals["bought"])
    money = {name: Decimal(totals[name]) for name in ("cost_usd", "unconfirmed_usd")}
    return Tally(
        states=found["states"],
        totals=JobTotals(**(totals | money | {"usage": TokenUsage(**totals["usage"]), "bought": bought})),
    )
