"""A shard that Bedrock never gets: first it is ended for good, then its attempts are.

In this order, since a shard that could still be sent after a part of its attempts has ended would be paid for without
an account.
"""

from __future__ import annotations

from jobs.store.shard_table import ShardRecord, ShardState
from worker.batch.job_batch import JobBatch


def unsent(batch: JobBatch, shard: ShardRecord, *, message: str, cut_by: str = "") -> ShardRecord:
    """End a shard of which Bedrock has no job: it has no ARN and will never have one.

    Raises:
        ClaimLostError: the shard is somebody else's by now.
    """
    return batch.store.shards.change(shard, state=ShardState.ENDED, cut_by=cut_by, message=message, tries=0)


def close_unsent(batch: JobBatch, shard: ShardRecord) -> ShardRecord:
    """End the attempts of such a shard, whose items are open again, and close it.

    Raises:
        ClaimLostError: the shard is somebody else's by now.
        InterruptedWorkError: this process is to stop.
    """
    batch.end_the_rest(shard, outcome="unbilled", error="not_sent")
    return batch.store.shards.change(shard, state=ShardState.CLOSED)
