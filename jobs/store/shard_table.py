"""The shards of jobs in the batch lane: which there are, where each stands, who works on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, exists, func, insert, select, update

from jobs.clock import stamp
from jobs.lifecycle import ENDED, JobState
from jobs.store.schema import IS_OPEN, IS_RUNNING, items, jobs, shards
from jobs.store.session_table import lives
from jobs.store.shard_rows import set_shards


class ShardState(StrEnum):
    """Where a shard stands."""

    PLANNED = "planned"
    #: Its file is in S3 and the intent is written: from here on its content never changes.
    READY = "ready"
    #: Bedrock has a job for it.
    SUBMITTED = "submitted"
    #: Bedrock's job has ended.
    ENDED = "ended"
    #: Harvested, or never sent.
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    """A shard as the store keeps it; times are stamps."""

    id: int
    job_id: str
    #: The session of its attempts, and the beginning of their ids.
    name: str
    #: Which pass over the job's items it belongs to, from 1.
    round: int
    model: str
    first_item: int
    last_item: int
    state: ShardState
    #: Who works on it at this moment.
    session: str | None
    due_at: str
    queued_at: str | None
    #: Looks or attempts in its present state.
    tries: int
    #: Bedrock was told to stop it.
    stopping: bool
    #: `cap` where the job's cap ended it before its last item; `budget` or `size`: why it was not sent.
    cut_by: str
    format: str
    records: int
    bytes: int
    #: sha256 of its file, which is also the clientRequestToken.
    digest: str
    #: Where its job was asked for, "" before that.
    region: str
    account: str
    input_uri: str
    output_uri: str
    #: When Bedrock was last asked for a job: there may be one.
    asked_at: str | None
    #: The timeout that was asked for with it, 0 before that.
    timeout_hours: int
    arn: str
    #: Bedrock's word for where its job stands.
    status: str
    message: str
    created_at: str
    submitted_at: str | None
    ended_at: str | None
    #: Its job was seen at work, so that there may be output.
    ran: bool
    #: Records that Bedrock has processed, by its own count.
    processed: int
    #: Of the harvest: records with a reply, with an error, with neither.
    replied: int
    #: Replies with an answer to what was asked, be it right or to be repaired.
    answered: int
    errors: int
    missing: int
    #: Tokens by the harvested records, and by Bedrock's manifest.
    input_tokens: int
    output_tokens: int
    manifest_input_tokens: int | None
    manifest_output_tokens: int | None
    removed_at: str | None

    @property
    def job_name(self) -> str:
        """The name of its job at Bedrock."""
        return f"skuscribe-{self.job_id}-{self.name}"

    @property
    def token_difference(self) -> tuple[int, int] | None:
        """By how many input and output tokens the manifest exceeds the records.

        None where they agree, or there is no manifest.
        """
        if self.manifest_input_tokens is None or self.manifest_output_tokens is None:
            return None
        more = (self.manifest_input_tokens - self.input_tokens, self.manifest_output_tokens - self.output_tokens)
        return more if any(more) else None


#: Jobs of which nobody has said yet how the items go on that batch jobs leave open. The lane may have been changed
#: meanwhile: its shards come first.
REST_IS_OPEN = jobs.c.rest_lane.is_(None) & ((jobs.c.lane == "batch") | exists().where(shards.c.job_id == jobs.c.id))


#: Above the id of any item.
_MOST_ID = 2**63 - 1


class ClaimLostError(Exception):
    """Somebody else works on this shard by now: what was about to be written is not."""


class ShardTable:
    """The shards of all jobs. Whoever needs several rows locks them in the order session, shard, items, job."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def plan(self, job_id: str, *, name: str, most_records: int, now: datetime) -> int:
        """Divide a job's open items into new shards of one model each, evenly; give how many there are.

        Nothing where the job has an open shard, or its rest goes another way: somebody has said so. `name`: what their
        names begin with.
        """
        with self._writing.begin() as connection:
            job = select(jobs.c.rest_lane).where(jobs.c.id == job_id).with_for_update(key_share=True)
            if connection.execute(job).scalar_one() is not None:
                return 0
            if connection.execute(select(shards.c.id).where(_is_open(job_id)).limit(1)).first():
                return 0
            last = select(func.coalesce(func.max(shards.c.round), 0)).where(shards.c.job_id == job_id)
            round_ = connection.execute(last).scalar_one() + 1
            rows = [
                {
                    "job_id": job_id,
                    "name": f"{name}{number:03x}",
                    "round": round_,
                    "model": row.model,
                    "first_item": row.first,
                    "last_item": row.last,
                    "state": ShardState.PLANNED,
                    "created_at": stamp(now),
                }
                for number, row in enumerate(_divided(connection, job_id, most_records))
            ]
            if rows:
                connection.execute(insert(shards), rows)
        return len(rows)

    def get(self, shard_id: int) -> ShardRecord:
        """Give one shard."""
        with self._engine.connect() as connection:
            return _record(connection.execute(select(shards).where(shards.c.id == shard_id)).mappings().one())

    def of_job(self, job_id: str) -> Sequence[ShardRecord]:
        """Give a job's shards in the order in which they were made."""
        return self._listed(shards.c.job_id == job_id, order=(shards.c.id,))

    def open(self, job_id: str) -> Sequence[ShardRecord]:
        """Give a job's shards that are not closed."""
        return self._listed(_is_open(job_id), order=(shards.c.id,))

    def listed(self, job_id: str | None = None) -> Sequence[ShardRecord]:
        """Give the shards of one job or of all, the newest job first."""
        wanted = shards.c.job_id == job_id if job_id else shards.c.id.is_not(None)
        return self._listed(wanted, order=(shards.c.job_id.desc(), shards.c.id))

    def cleanable(self, before: datetime, job_id: str | None = None) -> Sequence[ShardRecord]:
        """Give the closed shards of jobs that ended before a moment, whose objects may still be in S3."""
        over = select(jobs.c.id).where(jobs.c.state.in_(ENDED), jobs.c.ended_at <= stamp(before))
        has_objects = (shards.c.input_uri != "") & shards.c.removed_at.is_(None)
        wanted = (shards.c.state == ShardState.CLOSED) & has_objects & shards.c.job_id.in_(over)
        return self._listed(wanted & (shards.c.job_id == job_id) if job_id else wanted, order=(shards.c.id,))

    def by_arn(self, arns: Sequence[str]) -> Sequence[ShardRecord]:
        """Give the open shards of these jobs at Bedrock."""
        return self._listed(shards.c.arn.in_(arns) & (shards.c.state != ShardState.CLOSED), order=(shards.c.id,))

    def held(self, session: str) -> Sequence[ShardRecord]:
        """Give the shards that a session has."""
        return self._listed(shards.c.session == session, order=(shards.c.id,))

    def at_work_elsewhere(self, job_id: str) -> list[tuple[str, int, int]]:
        """Give what batch jobs of other jobs in the same realm are for: job, first and last item.

        All of a job that runs; of others what Bedrock was asked for and nobody has harvested.
        """
        this = jobs.alias("this")
        realm = select(this.c.realm).where(this.c.id == job_id).scalar_subquery()
        elsewhere = (jobs.c.id != job_id) & (jobs.c.realm == realm)
        running = select(jobs.c.id).where(elsewhere, jobs.c.state == JobState.RUNNING, REST_IS_OPEN)
        asked = (
            select(shards.c.job_id, shards.c.first_item, shards.c.last_item)
            .join(jobs, jobs.c.id == shards.c.job_id)
            .where(elsewhere, shards.c.state != "closed", shards.c.asked_at.is_not(None))
            .where(shards.c.job_id.not_in(running))
            .order_by(shards.c.id)
        )
        with self._engine.connect() as connection:
            whole = [(one, 1, _MOST_ID) for one in connection.execute(running).scalars()]
            return whole + [(row[0], row[1], row[2]) for row in connection.execute(asked)]

    def in_progress(self, model: str, *, realm: str, region: str) -> Sequence[ShardRecord]:
        """Give the shards of a model whose jobs Bedrock has, or may have, as far as the store knows."""
        asked = shards.c.state.in_((ShardState.READY, ShardState.SUBMITTED)) & shards.c.asked_at.is_not(None)
        here = shards.c.region.in_((region, "")) & shards.c.job_id.in_(select(jobs.c.id).where(jobs.c.realm == realm))
        return self._listed((shards.c.model == model) & asked & here, order=(shards.c.id,))

    def due(self, now: datetime, *, queued_before: datetime) -> list[str]:
        """Give the running shared jobs whose batch lane somebody should look at, and note which shards they are for.

        A shard comes again when nobody has taken it since `queued_before`.
        """
        is_due = (
            (shards.c.state != ShardState.CLOSED)
            & shards.c.session.is_(None)
            & (shards.c.queued_at.is_(None) | (shards.c.queued_at < stamp(queued_before)))
            & shards.c.job_id.in_(select(jobs.c.id).where(IS_RUNNING))
            & (shards.c.due_at <= stamp(now))
        )
        with self._writing.begin() as connection:
            query = select(shards.c.id, shards.c.job_id).where(is_due).order_by(shards.c.id)
            found = connection.execute(query.with_for_update(skip_locked=True)).all()
            if found:
                set_shards(connection, shards.c.id.in_([row.id for row in found]), queued_at=stamp(now))
            between = connection.execute(_BETWEEN_ROUNDS).scalars()
            return sorted({*(row.job_id for row in found), *between})

    def wake(self, shard_ids: Sequence[int]) -> None:
        """Make shards due at once."""
        with self._writing.begin() as connection:
            set_shards(connection, shards.c.id.in_(shard_ids), due_at="", queued_at=None)

    def claim(self, shard_id: int, session: str) -> ShardRecord | None:
        """Give an open shard to a session; None when somebody else has it, it is closed, or the session has ended."""
        free = shards.c.session.is_(None) | (shards.c.session == session)
        query = update(shards).where(shards.c.id == shard_id, free, shards.c.state != ShardState.CLOSED)
        with self._writing.begin() as connection:
            if not lives(connection, session):
                return None
            row = connection.execute(query.values(session=session).returning(shards)).mappings().first()
            return _record(row) if row else None

    def release(self, shard: ShardRecord, *, due_at: datetime | None = None) -> None:
        """Let go of a claimed shard, until it is due again."""
        until = {} if due_at is None else {"due_at": stamp(due_at)}
        mine = (shards.c.id == shard.id) & (shards.c.session == shard.session)
        with self._writing.begin() as connection:
            connection.execute(update(shards).where(mine).values(session=None, queued_at=None, **until))

    def change(self, shard: ShardRecord, **values: Any) -> ShardRecord:
        """Set columns of a claimed shard; give it as it is then.

        Raises:
            ClaimLostError: it is somebody else's.
        """
        with self._writing.begin() as connection:
            return _changed(connection, shard, values)

    def ready(self, shard: ShardRecord, *, rest_name: str, now: datetime, **values: Any) -> ShardRecord:
        """Write the intent of a claimed shard; what does not fit into its file becomes a shard of its own.

        `rest_name`: what that is called, "" for none. `values` has the new `last_item`.

        Raises:
            ClaimLostError: it is somebody else's.
        """
        with self._writing.begin() as connection:
            changed = _changed(connection, shard, values | {"state": ShardState.READY, "tries": 0})
            if rest_name:
                rest = {
                    "job_id": shard.job_id,
                    "name": rest_name,
                    "round": shard.round,
                    "model": shard.model,
                    "first_item": changed.last_item + 1,
                    "last_item": shard.last_item,
                    "state": ShardState.PLANNED,
                    "created_at": stamp(now),
                }
                connection.execute(insert(shards), [rest])
        return changed

    def mark_removed(self, shard_id: int, now: datetime) -> None:
        """Note that a shard's objects are no longer in S3."""
        with self._writing.begin() as connection:
            connection.execute(update(shards).where(shards.c.id == shard_id).values(removed_at=stamp(now)))

    def _listed(self, wanted: Any, *, order: Sequence[Any]) -> list[ShardRecord]:
        with self._engine.connect() as connection:
            return [
                _record(row) for row in connection.execute(select(shards).where(wanted).order_by(*order)).mappings()
            ]


def lock_claim(connection: Connection, shard: ShardRecord) -> None:
    """Lock a claimed shard's row for this transaction.

    Raises:
        ClaimLostError: it is somebody else's.
    """
    mine = (shards.c.id == shard.id) & (shards.c.session == shard.session)
    if connection.execute(select(shards.c.id).where(mine).with_for_update()).first() is None:
        raise ClaimLostError(shard.name)


def _changed(connection: Connection, shard: ShardRecord, values: dict[str, Any]) -> ShardRecord:
    mine = (shards.c.id == shard.id) & (shards.c.session == shard.session)
    row = connection.execute(update(shards).where(mine).values(**values).returning(shards)).mappings().first()
    if row is None:
        raise ClaimLostError(shard.name)
    return _record(row)


def _is_open(job_id: str) -> Any:
    return (shards.c.job_id == job_id) & (shards.c.state != ShardState.CLOSED)


#: Jobs whose shards are all closed and of which nobody has said yet how they go on.
_BETWEEN_ROUNDS = select(jobs.c.id).where(
    IS_RUNNING,
    jobs.c.stop_wanted.is_(None),
    jobs.c.error.is_(None),
    REST_IS_OPEN,
    ~exists().where(shards.c.job_id == jobs.c.id, shards.c.state != ShardState.CLOSED),
)


def _divided(connection: Connection, job_id: str, most_records: int) -> Sequence[Any]:
    """Give model, first and last item of each part of a job's open items, none above the limit and all about alike."""
    place = func.row_number().over(partition_by=items.c.model, order_by=items.c.id) - 1
    total = func.count().over(partition_by=items.c.model)
    of_job = items.c.job_id == job_id
    page = select(items.c.id, items.c.model, place.label("place"), total.label("total")).where(of_job, IS_OPEN)
    counted = page.subquery()
    parts = (counted.c.total + (most_records - 1)) // most_records
    number = (counted.c.place * parts) // counted.c.total
    query = (
        select(counted.c.model, func.min(counted.c.id).label("first"), func.max(counted.c.id).label("last"))
        .group_by(counted.c.model, number)
        .order_by(func.min(counted.c.id))
    )
    return connection.execute(query).all()


def _record(row: RowMapping) -> ShardRecord:
    return ShardRecord(**{**row, "state": ShardState(row["state"])})
