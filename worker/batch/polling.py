"""Looks at a shard's job until it has ended."""

from __future__ import annotations

from typing import Any

from jobs.clock import stamp
from jobs.store.shard_table import ShardRecord, ShardState
from worker.batch.job_batch import JobBatch
from worker.inference_jobs import ENDED_STATUSES, JobStatus, JobView

#: Each look waits so many times longer than the one before, up to the longest.
_GROWTH = 1.5
_LONGEST_S = 600.0
#: Looks before what Bedrock says is believed that would cost money if it were wrong.
LOOKS = 5
_RUNNING = (JobStatus.IN_PROGRESS, JobStatus.COMPLETED, JobStatus.PARTIALLY_COMPLETED)
#: What a shard's status is when Bedrock does not know its job any more.
GONE = "Gone"


def wait_s(tries: int, *, first_s: float) -> float:
    """Say how long to wait after so many looks, in seconds."""
    return min(max(_LONGEST_S, first_s), first_s * _GROWTH ** min(tries, 30))


def look(batch: JobBatch, shard: ShardRecord, *, stop: bool) -> ShardRecord:
    """Look at a submitted shard's job once, and have it stopped if it is to be.

    Raises:
        ModelError: Bedrock cannot be asked.
        ClaimLostError: the shard is somebody else's by now.
    """
    jobs, shards = batch.endpoint.jobs, batch.store.shards
    view = jobs.get(shard.arn)
    if view is None:
        return _not_found(batch, shard)
    seen = _seen(shard, view)
    if view.status in ENDED_STATUSES:
        ended_at = view.ended_at or stamp(batch.clock())
        return shards.change(shard, state=ShardState.ENDED, ended_at=ended_at, tries=0, **seen)
    _tell(batch, shard, view.status)
    if stop and not shard.stopping:
        jobs.stop(shard.arn)
        batch.tell(f"Batch job {shard.job_name} is to stop; what it has done is kept.")
        return shards.change(shard, stopping=True, tries=1, **seen)
    return shards.change(shard, tries=shard.tries + 1, **seen)


def look_again(batch: JobBatch, shard: ShardRecord) -> ShardRecord:
    """Look once more at the job of an ended shard whose output is not there: Bedrock's counters lag behind.

    One that was not found is submitted again where Bedrock knows it after all.

    Raises:
        ModelError: Bedrock cannot be asked.
        ClaimLostError: the shard is somebody else's by now.
    """
    shards = batch.store.shards
    view = batch.endpoint.jobs.get(shard.arn)
    if view is None:
        return shards.change(shard, tries=shard.tries + 1)
    if shard.status == GONE:
        return shards.change(shard, state=ShardState.SUBMITTED, tries=0, **_seen(shard, view))
    return shards.change(shard, tries=shard.tries + 1, **_seen(shard, view))


def _not_found(batch: JobBatch, shard: ShardRecord) -> ShardRecord:
    """Believe that a job is gone after several looks: one answer may be wrong, and what it did is paid for."""
    shards = batch.store.shards
    if batch.endpoint.keeps_jobs and shard.status != GONE:
        batch.tell(f"Bedrock does not find the batch job {shard.job_name}; it is asked again.")
        return shards.change(shard, status=GONE, tries=1)
    if batch.endpoint.keeps_jobs and shard.tries < LOOKS:
        return shards.change(shard, tries=shard.tries + 1)
    return shards.change(shard, state=ShardState.ENDED, status=GONE, ended_at=stamp(batch.clock()), tries=0)


def _seen(shard: ShardRecord, view: JobView) -> dict[str, Any]:
    ran = shard.ran or view.status in _RUNNING or view.processed > 0
    return {"status": view.status, "message": view.message, "processed": view.processed, "ran": ran}


def _tell(batch: JobBatch, shard: ShardRecord, status: str) -> None:
    if status == shard.status:
        return
    known = "" if status in set(JobStatus) else ", a word that this version does not know"
    batch.tell(f"Batch job {shard.job_name} ({shard.records:,} records): {status}{known}.")
