"""What batch jobs of other jobs are writing at this moment: they may be at it for days, and it is paid for."""

from __future__ import annotations

from collections import Counter

from jobs.store.store import Store
from templates.errors import UserError


def refuse_outstanding(store: Store, job_id: str) -> None:
    """Make sure that nobody else has batch jobs that write what a job is to write.

    Raises:
        UserError: somebody has.
    """
    others = outstanding(store, job_id)
    if others:
        first, count = max(others.items(), key=lambda other: other[1])
        raise UserError(
            f"Batch jobs of {', '.join(others)} are writing {count:,} of these items already, or have written them and"
            " nobody has fetched them: they would be paid for twice.",
            fix=f"`skuscribe resume {first}` fetches them, then run this again. --fresh writes all items of this run"
            " anew, also those that were bought before, and pays for each.",
            code="in_batch",
        )


def outstanding(store: Store, job_id: str) -> dict[str, int]:
    """Count the open items of a job whose text batch jobs of others in its realm bring, by these jobs."""
    counts: Counter[str] = Counter()
    for other, first, last in store.shards.at_work_elsewhere(job_id):
        after = first - 1
        while page := store.items.open_prints(other, after=after, last=last):
            after = page[-1][0]
            counts[other] += len(store.items.twins(job_id, [fingerprint for _, fingerprint in page]))
    return {other: count for other, count in sorted(counts.items()) if count}
