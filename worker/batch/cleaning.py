"""Removes the objects of shards that nobody needs any more: closed ones, of jobs that have ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from jobs.clock import Clock
from jobs.store.shard_table import ShardRecord
from jobs.store.store import Store
from worker.inference_jobs import RecordFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What was removed, or would be."""

    shards: int
    objects: int


class Cleaning:
    """Finds and removes objects; what is in the store stays there."""

    def __init__(self, store: Store, files: RecordFiles, clock: Clock) -> None:
        self._store = store
        self._files = files
        self._clock = clock

    def due(self, *, realm: str, older_than: timedelta, job_id: str | None = None) -> Sequence[ShardRecord]:
        """Give the shards whose objects may go: their job ended so long ago, and went to this realm."""

        @cache
        def realm_of(job: str) -> str:
            return self._store.jobs.get(job).realm

        found = self._store.shards.cleanable(self._clock() - older_than, job_id)
        return [shard for shard in found if realm_of(shard.job_id) == realm]

    def count(self, shards: Iterable[ShardRecord]) -> Cleaned:
        """Say what `clean` would remove.

        Raises:
            AccessError: the bucket may not be listed.
            ModelError: it is out of reach.
        """
        objects = [len(self._files.listed(_folder(shard))) for shard in shards]
        return Cleaned(shards=len(objects), objects=sum(objects))

    def clean(self, shards: Iterable[ShardRecord]) -> Cleaned:
        """Remove all objects of these shards and note it, shard by shard: what is done stays done.

        Raises:
            AccessError: an object may not be removed.
            ModelError: the bucket is out of reach.
        """
        cleaned = objects = 0
        for shard in shards:
            found = self._files.listed(_folder(shard))
            if found:
                objects += self._files.remove(found)
            self._store.shards.mark_removed(shard.id, self._clock())
            cleaned += 1
        return Cleaned(shards=cleaned, objects=objects)


def _folder(shard: ShardRecord) -> str:
    """Where a shard's input and output lie; its slash keeps it apart from a shard whose name begins the same."""
    return f"{shard.input_uri.rpartition('/')[0]}/"
