"""From a ready shard to a job at Bedrock: exactly one, whatever is killed or lost on the way.

The shard's row says since when Bedrock was asked. Who comes after a crash first looks for a job of the shard's name,
and then asks again with the same token, which makes no second job (botocore 1.44.5, clientRequestToken).
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from jobs.clock import stamp
from jobs.store.shard_table import ShardRecord, ShardState
from worker.batch.job_batch import JobBatch
from worker.batch.unsent import unsent
from worker.batch_settings import LEAST_TIMEOUT_HOURS, MOST_TIMEOUT_HOURS
from worker.inference_jobs import JobOrder, JobStatus, RecordFormat
from worker.model import ErrorKind, ModelError

#: Errors that say for certain that no job was made.
_REFUSED = frozenset(
    (
        ErrorKind.QUOTA,
        ErrorKind.THROTTLED,
        ErrorKind.REJECTED,
        ErrorKind.FORBIDDEN,
        ErrorKind.NO_MODEL,
        ErrorKind.CREDENTIALS,
    )
)
#: A request that was cut off may still be on its way for so long: botocore's connections time out before.
_ON_ITS_WAY = timedelta(minutes=3)
#: How long after its timeout a job is taken for ended that nobody has looked at: it stops, and writes what it has.
_STOPPING = timedelta(hours=24)


def has_slot(batch: JobBatch, shard: ShardRecord) -> bool:
    """Whether Bedrock takes one more job of the shard's model, as far as ours go."""
    endpoint, now = batch.endpoint, batch.clock()
    asked = batch.store.shards.in_progress(shard.model, realm=batch.job.realm, region=endpoint.region)
    return sum(not _is_over(one, now) for one in asked) < endpoint.limits.most_jobs


def submit(batch: JobBatch, shard: ShardRecord) -> ShardRecord:
    """Have a ready shard's job made, or find the one that was made already; end it unsent where the cap was lowered.

    Raises:
        ModelError: QUOTA where all slots are taken; what passes; what somebody has to mend.
        ClaimLostError: the shard is somebody else's by now.
    """
    first = shard.asked_at is None
    if first and _is_above_cap(batch):
        return unsent(batch, shard, cut_by="budget", message="It was not sent: the budget was lowered meanwhile.")
    if not first and (found := batch.endpoint.jobs.find(shard.job_name)):
        return _submitted(batch, shard, found.arn)
    # Before every request: each of them may be on its way for a while.
    place = {"region": batch.endpoint.region, "account": batch.endpoint.account}
    now = batch.clock()
    # The same token never comes with another timeout.
    hours = shard.timeout_hours or timeout_hours(batch.job.deadline_at, now, usual=batch.endpoint.timeout_hours)
    shard = batch.store.shards.change(shard, asked_at=stamp(now), timeout_hours=hours, **place)
    try:
        arn = batch.endpoint.jobs.create(order_of(batch, shard))
    except ModelError as error:
        if first and error.kind in _REFUSED:
            batch.store.shards.change(shard, asked_at=None, timeout_hours=0, region="", account="")
        raise
    return _submitted(batch, shard, arn)


def order_of(batch: JobBatch, shard: ShardRecord) -> JobOrder:
    """Write the order of a shard's job that is about to be asked for: the same whenever it is written."""
    endpoint = batch.endpoint
    return JobOrder(
        name=shard.job_name,
        token=shard.digest,
        model=shard.model,
        role_arn=endpoint.role_arn,
        format=RecordFormat(shard.format),
        input_uri=shard.input_uri,
        output_uri=shard.output_uri,
        kms_key=endpoint.kms_key,
        bucket_owner=endpoint.bucket_owner,
        timeout_hours=shard.timeout_hours,
        tags={"skuscribe-job": shard.job_id, "skuscribe-shard": shard.name},
    )


def timeout_hours(deadline_at: str | None, now: datetime, *, usual: int) -> int:
    """Give a job's timeout in hours: until the deadline where there is one, within what Bedrock takes (24 to 168)."""
    if deadline_at is None:
        return usual
    span = datetime.fromisoformat(deadline_at) - now
    return min(MOST_TIMEOUT_HOURS, max(LEAST_TIMEOUT_HOURS, math.ceil(span.total_seconds() / 3600)))


def withdraw(batch: JobBatch, shard: ShardRecord) -> ShardRecord | None:
    """End a shard of which Bedrock has no job; None while a request for one may be on its way.

    Raises:
        ModelError: Bedrock cannot be asked.
        ClaimLostError: the shard is somebody else's by now.
    """
    if shard.asked_at is not None:
        if found := batch.endpoint.jobs.find(shard.job_name):
            return _submitted(batch, shard, found.arn)
        if batch.clock() < datetime.fromisoformat(shard.asked_at) + _ON_ITS_WAY:
            return None
    return unsent(batch, shard, message="It was not sent.")


def _is_over(shard: ShardRecord, now: datetime) -> bool:
    """Whether a job has ended by its own timeout, though nobody has come back to look at it."""
    asked = datetime.fromisoformat(str(shard.asked_at))
    return now > asked + timedelta(hours=shard.timeout_hours or MOST_TIMEOUT_HOURS) + _STOPPING


def _is_above_cap(batch: JobBatch) -> bool:
    job = batch.store.jobs.get(batch.job.id)
    return job.cap_pico is not None and job.spent_pico + job.held_pico > job.cap_pico


def _submitted(batch: JobBatch, shard: ShardRecord, arn: str) -> ShardRecord:
    submitted_at = stamp(batch.clock())
    return batch.store.shards.change(
        shard, state=ShardState.SUBMITTED, arn=arn, status=JobStatus.SUBMITTED, submitted_at=submitted_at, tries=0
    )
