from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, bindparam, delete, exists, func, insert, select, tuple_, update

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason, end_state
from jobs.results import ItemState
from jobs.store.recounting import recount
from jobs.store.schema import (
    IS_OPEN,
    IS_RUNNING,
    attempt_ends,
    attempt_starts,
    chunks,
    items,
    jobs,
    products,
    sessions,
    shards,
    tallies,
)
from jobs.store.shard_rows import set_shards
from jobs.store.shard_table import REST_IS_OPEN
from templates.errors import UserError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as the store keeps it."""

    id: str
    kind: str
    state: JobState
    stop_reason: StopReason | None
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
    #: Why somebody wants it to stop.
    stop_wanted: StopReason | None = None
    #: JSON of what failed it: message, fix, code and exit code.
    error: str | None = None
    #: The command that runs it by itself.
    session: str | None = None
    #: Whether workers run it, and then: before bulk work, delivered by a worker, its share beside other jobs.
    shared: bool = False
    urgent: bool = False
    detached: bool = False
    weight: int = 1
    #: The lane that was chosen; once that is batch, the one in which what is left is sent request by request.
    lane: str = "on-demand"
    rest_lane: str | None = None
    #: Rounds of batch jobs that were over when its present session began.
    rounds_before: int = 0
    #: JSON of the `Choice`, where lanes were compared.
    choice: str | None = None
    #: When it must be over, None for whenever.
    deadline_at: str | None = None
    #: A request of it has had a good reply.
    proven: bool = False
    #: Of its present session: results and how many of them failed, requests and how many were throttled, tokens.
    finished: int = 0
    failed: int = 0
    requests: int = 0
    throttled: int = 0
    tokens: int = 0

    @property
    def is_in_batch(self) -> bool:
        """Whether its items go into batch jobs, as long as nothing is said about the rest."""
        return self.lane == "batch" and self.rest_lane is None

    @property
    def sending_lane(self) -> str:
        """The lane of requests that are sent one by one."""
        return self.rest_lane or self.lane


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStanding:
    """What those who work on a job or follow it look at again and again."""

    state: JobState
    stop_wanted: StopReason | None
    error: str | None
    proven: bool
    deadline_at: str | None
    spent_pico: int
    finished: int
    failed: int
    requests: int
    throttled: int
    tokens: int


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

    def list(self) -> Sequence[JobRecord]:
        """Give all jobs, newest first."""
        query = select(jobs).where(jobs.c.kind != "estimate").order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def page(self, most: int, *, before: JobRecord | None = None) -> Sequence[JobRecord]:
        """Give the newest jobs, or the newest of those that are older than one."""
        query = select(jobs).where(jobs.c.kind != "estimate")
        if before:
            query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < (before.created_at, before.id))
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(most)
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

    def end(self, job_id: str, *, session: str, **values: Any) -> None:
        """Set columns of a job at the end of a session that runs it; nothing where another one has taken it over."""
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.session == session).values(**values))

    def want_stop(self, job_id: str, reason: StopReason) -> None:
        """Say that a job is to stop, and why; the first reason stays. Its shards are looked at soon."""
        first = update(jobs).where(jobs.c.id == job_id, jobs.c.stop_wanted.is_(None)).values(stop_wanted=reason)
        is_open = (shards.c.job_id == job_id) & (shards.c.state != "closed")
        writing = self._engine.execution_options(writes=True)
        with writing.begin() as connection:
            is_first = connection.execute(first).rowcount == 1
        if is_first:
            # By itself: a harvest locks its shard before the job.
            with writing.begin() as connection:
                set_shards(connection, is_open, due_at="", queued_at=None)

    def wanted_stop(self, job_id: str) -> StopReason | None:
        """Give why somebody wants a job to stop, None when nobody does."""
        with self._engine.connect() as connection:
            reason = connection.execute(select(jobs.c.stop_wanted).where(jobs.c.id == job_id)).scalar()
        return StopReason(reason) if reason else None

    def fail(self, job_id: str, *, error: str, message: str) -> None:
        """Say what a job fails by, as JSON and for people; the first error stays, and the job stops."""
        with self._engine.execution_options(writes=True).begin() as connection:
            first = update(jobs).where(jobs.c.id == job_id, jobs.c.error.is_(None))
            connection.execute(first.values(error=error, message=message))

    def has_open_attempts(self, job_id: str) -> bool:
        """Whether a worker has a request of this job on its way, so that a reservation may come free.

        Such requests are for open items of chunks that are taken: few rows, however many attempts the job has had.
        """
        taken = chunks.c.state.in_(("claimed", "draining")) & (chunks.c.job_id == job_id)
        of_chunk = (items.c.job_id == chunks.c.job_id) & items.c.id.between(chunks.c.first_item, chunks.c.last_item)
        ended = exists().where(attempt_ends.c.attempt == attempt_starts.c.attempt)
        # What a dead session began never ends.
        lives = exists().where(sessions.c.id == attempt_starts.c.session, ~sessions.c.ended)
        query = exists().where(taken, of_chunk, IS_OPEN, attempt_starts.c.item_id == items.c.id, ~ended, lives)
        with self._engine.connect() as connection:
            return bool(connection.execute(select(query)).scalar_one())

    def undelivered(self) -> Sequence[str]:
        """Give the jobs that have ended and whose files a worker is to write but none does or has, oldest first."""
        with self._engine.connect() as connection:
            query = select(jobs.c.id).where(_IS_UNDELIVERED).order_by(jobs.c.created_at, jobs.c.id)
            return connection.execute(query).scalars().all()

    def running(self) -> Sequence[str]:
        """Give the jobs that workers share and that run, oldest first."""
        with self._engine.connect() as connection:
            query = select(jobs.c.id).where(IS_RUNNING).order_by(jobs.c.created_at, jobs.c.id)
            return connection.execute(query).scalars().all()

    def standing(self, job_ids: Collection[str]) -> dict[str, JobStanding]:
        """Give how jobs stand, those that there are."""
        with self._engine.connect() as connection:
            found = connection.execute(_STANDINGS, {"ids": list(job_ids)}).mappings()
            return {row["id"]: JobStanding(**_read({name: row[name] for name in row if name != "id"})) for row in found}

    def settle(self, job_id: str, now: datetime) -> JobState | None:
        """Set the end state of a shared job that has run to its end or its stop, and give it to one caller.

        None: it goes on, or somebody else has settled it.
        """
        with self._engine.connect() as connection:
            if _at_its_end(connection, job_id) is None:
                return None
        with self._engine.execution_options(writes=True).begin() as connection:
            # Under the row's lock: of several that see the end, one sets it, and nobody claims a chunk meanwhile.
            connection.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True))
            job = _at_its_end(connection, job_id)
            if job is None:
                return None
            count = select(items.c.state, func.count()).where(items.c.job_id == job_id).group_by(items.c.state)
            states = {row[0]: row[1] for row in connection.execute(count)}
            state = _settled(states, failed=job.error is not None, stopped=job.stop_wanted is not None)
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=state,
                    stop_reason=job.stop_wanted if state is JobState.STOPPED else None,
                    seconds=job.seconds + _seconds_since(job.began_at, now),
                    began_at=None,
                    ended_at=stamp(now),
                )
            )
        return state

    def take(self, job_id: str, session: str) -> bool:
        """Give a job's delivery to a session; False: it is delivered, or another session does it."""
        query = update(jobs).where(jobs.c.id == job_id, _IS_UNDELIVERED).values(session=session)
        with self._engine.execution_options(writes=True).begin() as connection:
            return connection.execute(query).rowcount == 1

    def hold(self, job_id: str, session: str) -> bool:
        """Give a running shared job to a session, for what one alone may do; False: another session has it."""
        query = update(jobs).where(jobs.c.id == job_id, IS_RUNNING, (jobs.c.session == session) | _IS_NOBODYS)
        with self._engine.execution_options(writes=True).begin() as connection:
            return connection.execute(query.values(session=session)).rowcount == 1

    def recount(self, job_id: str) -> None:
        """Begin a new session of a job: its counters at 0, what it has spent and holds from the ledger."""
        with self._engine.execution_options(writes=True).begin() as connection:
            recount(connection, job_id)

    def forget_plan(self, job_id: str) -> None:
        """Drop the products and items of a job whose planning was cut off; nothing of it was sent."""
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(chunks).where(chunks.c.job_id == job_id))
            connection.execute(delete(shards).where(shards.c.job_id == job_id))
            connection.execute(delete(items).where(items.c.job_id == job_id))
            connection.execute(delete(products).where(products.c.job_id == job_id))

    def drop(self, job_id: str) -> None:
        """Forget a job that sent nothing: an estimate."""
        self.forget_plan(job_id)
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(tallies).where(tallies.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id))


#: The columns of a `JobStanding`.
_STANDING = [jobs.c[name] for name in JobStanding.__dataclass_fields__]
_STANDINGS = select(jobs.c.id, *_STANDING).where(jobs.c.id.in_(bindparam("ids", expanding=True)))


#: No session has it, or one that has ended.
_IS_NOBODYS = jobs.c.session.is_(None) | ~exists().where(sessions.c.id == jobs.c.session, ~sessions.c.ended)
#: Nobody has its files, and whoever set out to write them has ended.
_IS_UNDELIVERED = jobs.c.detached & jobs.c.workbook.is_(None) & jobs.c.ended_at.is_not(None) & _IS_NOBODYS


def _has_chunks(*states: str) -> Any:
    return exists().where(chunks.c.job_id == jobs.c.id, chunks.c.state.in_(states))


#: Its open items are to go into batch jobs, which only they who look at its batch lane can say to be over.
_IS_IN_BATCH = REST_IS_OPEN & exists().where(items.c.job_id == jobs.c.id, IS_OPEN)

_AT_ITS_END = select(jobs.c.stop_wanted, jobs.c.error, jobs.c.seconds, jobs.c.began_at).where(
    jobs.c.id == bindparam("job_id"),
    IS_RUNNING,
    ~_has_chunks("claimed", "draining"),
    # Of a job that is to stop, nobody can claim what is ready or queued any more.
    jobs.c.stop_wanted.is_not(None) | jobs.c.error.is_not(None) | (~_has_chunks("ready", "queued") & ~_IS_IN_BATCH),
    # Nobody works on a shard. One that fails the job stays as it is; what is to stop is stopped at Bedrock first.
    ~exists().where(shards.c.job_id == jobs.c.id, shards.c.session.is_not(None)),
    jobs.c.error.is_not(None) | ~exists().where(shards.c.job_id == jobs.c.id, shards.c.state != "closed"),
)


def _at_its_end(connection: Connection, job_id: str) -> Any:
    """Give a shared job that runs, when none of its chunks is out and none is to come; None otherwise."""
    return connection.execute(_AT_ITS_END, {"job_id": job_id}).first()


def _settled(states: Mapping[str, int], *, failed: bool, stopped: bool) -> JobState:
    if failed:
        return JobState.FAILED
    return JobState.STOPPED if stopped and states.get(ItemState.PENDING) else end_state(states)


def _seconds_since(began_at: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(began_at)).total_seconds()) if began_at else 0.0


def _record(row: RowMapping) -> JobRecord:
    return JobRecord(**_read(row))


def _read(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = dict(row)
    values["state"] = JobState(values["state"])
    for name in ("stop_reason", "stop_wanted"):
        if values.get(name):
            values[name] = StopReason(values[name])
    return values
