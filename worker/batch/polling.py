"""Looks at a shard's job until it has ended."""

from __future__ import annotations

from jobs.clock import stamp
from jobs.store.shard_table import ShardRecord, ShardState
from worker.batch.job_batch import JobBatch
from worker.inference_jobs import ENDED_STATUSES, JobStatus

#: Each look waits so many times longer than the one before, up to the longest.
_GROWTH = 1.5
_LONGEST_S = 600.0
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
    if stop and not shard.stopping:
        jobs.stop(shard.arn)
        shard = shards.change(shard, stopping=True, tries=0)
        batch.tell(f"Batch job {shard.job_name} is to stop; what it has done is kept.")
    view = jobs.get(shard.arn)
    if view is None:
        return shards.change(shard, state=ShardState.ENDED, status=GONE, ended_at=stamp(batch.clock()), tries=0)
    seen = {"status": view.status, "message": view.message, "processed": view.processed}
    if view.status not in ENDED_STATUSES:
        _tell(batch, shard, view.status)
        return shards.change(shard, tries=shard.tries + 1, **seen)
    return shards.change(shard, state=ShardState.ENDED, ended_at=view.ended_at or stamp(batch.clock()), tries=0, **seen)


def _tell(batch: JobBatch, shard: ShardRecord, status: str) -> None:
    if status == shard.status:
        return
    known = "" if status in set(JobStatus) else ", a word that this version does not know"
    batch.tell(f"Batch job {shard.job_name} ({shard.records:,} records): {status}{known}.")
