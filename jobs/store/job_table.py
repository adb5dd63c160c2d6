from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, RowMapping, delete, func, insert, select, update

from jobs.lifecycle import JobState, StopReason
from jobs.store.schema import attempt_ends, attempt_starts, items, jobs, products
from templates.errors import UserError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as the store keeps it."""

    id: str
    kind: str
    state: JobState
    stop_reason: StopReason | None
    stop_requested: bool
    #: All its items are in the store; a job that was killed before is planned anew.
    planned: bool
    created_at: str
    #: When the session began that runs it now.
    began_at: str | None
    ended_at: str | None
    seconds: float
    owner: str
    catalogue: str
    realm: str
    source: str
    source_digest: str
    #: JSON of the `JobSpec`.
    spec: str
    #: JSON object: `templates`, each with its name and sources, and `brand`.
    templates: str
    cap_pico: int | None
    spent_pico: int
    #: Reserved by open attempts and by those that never ended.
    held_pico: int
    estimate_pico: int | None
    workbook: str | None
    report: str | None
    #: Why it failed, for people.
    message: str


class JobTable:
    """The jobs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, record: JobRecord) -> None:
        """Keep a new job."""
        values = {column.name: getattr(record, column.name) for column in jobs.columns}
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(jobs).values(**values))

    def get(self, job_id: str) -> JobRecord:
        """Give one job.

        Raises:
            UserError: there is none of that id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
            if row is None:
                recent = connection.execute(select(jobs.c.id).order_by(jobs.c.created_at.desc()).limit(12)).scalars()
                raise UserError(
                    f'There is no job "{job_id}".{nearest(job_id, recent)}',
                    fix="`skuscribe jobs` lists them.",
                    code="job",
                )
        return _record(row)

    def list(self) -> list[JobRecord]:
        """Give all jobs, newest first."""
        query = select(jobs).where(jobs.c.kind != "estimate").order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def of_catalogue(
        self, realm: str, catalogue: str, *, before: JobRecord | None = None, most: int = 50
    ) -> Sequence[JobRecord]:
        """Give a catalogue's runs, newest first; `before`: those that were started before this one."""
        query = select(jobs).where(jobs.c.realm == realm, jobs.c.catalogue == catalogue, jobs.c.kind == "run")
        if before:
            query = query.where(jobs.c.created_at <= before.created_at, jobs.c.id != before.id)
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(most)
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def change(self, job_id: str, **values: Any) -> None:
        """Set columns of a job."""
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))

    def is_stop_requested(self, job_id: str) -> bool:
        """Whether somebody asked for this job to stop."""
        with self._engine.connect() as connection:
            return bool(connection.execute(select(jobs.c.stop_requested).where(jobs.c.id == job_id)).scalar())

    def recount(self, job_id: str) -> None:
        """Set what the job has spent and holds from the ledger: after a crash the ledger is what is true."""
        joined = attempt_starts.outerjoin(attempt_ends, attempt_ends.c.attempt == attempt_starts.c.attempt)
        spent = select(func.coalesce(func.sum(attempt_ends.c.cost_pico), 0)).select_from(joined)
        lost = attempt_ends.c.outcome.is_(None) | (attempt_ends.c.outcome == "unconfirmed")
        held = select(func.coalesce(func.sum(attempt_starts.c.reserved_pico), 0)).select_from(joined).where(lost)
        of_job = attempt_starts.c.job_id == job_id
        open_items = (
            select(attempt_starts.c.item_id).select_from(joined).where(of_job, attempt_ends.c.attempt.is_(None))
        )
        sent = select(func.count()).where(attempt_starts.c.item_id == items.c.id).scalar_subquery()
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    spent_pico=connection.execute(spent.where(of_job)).scalar_one(),
                    held_pico=connection.execute(held.where(of_job)).scalar_one(),
                )
            )
            # An attempt that never ended was never added to its item.
            connection.execute(update(items).where(items.c.id.in_(open_items)).values(attempts=sent))

    def forget_plan(self, job_id: str) -> None:
        """Drop the products and items of a job whose planning was cut off; nothing of it was sent."""
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(items).where(items.c.job_id == job_id))
            connection.execute(delete(products).where(products.c.job_id == job_id))

    def drop(self, job_id: str) -> None:
        """Forget a job that sent nothing: an estimate."""
        self.forget_plan(job_id)
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(jobs).where(jobs.c.id == job_id))


def _record(row: RowMapping) -> JobRecord:
    values = dict(row)
    values["state"] = JobState(values["state"])
    values["stop_reason"] = StopReason(values["stop_reason"]) if values["stop_reason"] else None
    return JobRecord(**values)
