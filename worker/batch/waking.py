"""Bedrock's own word that a batch job has changed: its shard is looked at without waiting for its turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from jobs.store.shard_table import ShardTable
from templates.errors import SkuscribeError

_LOG = logging.getLogger("skuscribe.batch")
#: How often events are fetched in one tick: a hundred messages at the most each time.
_MOST_FETCHES = 10


class Events(Protocol):
    """Where the events come from; what hinders it gives none."""

    def arns(self) -> set[str]:
        """Give the ARNs of batch jobs that changed."""

    def forget(self) -> None:
        """Have none of those given again."""


class Waking:
    """Makes the shards due whose batch jobs changed; a part of the tick that never breaks it."""

    def __init__(self, shards: ShardTable, open_events: Callable[[], Events]) -> None:
        self._shards = shards
        self._open_events = open_events
        self._events: Events | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        """Wake what there is news of; nothing where another thread does it at this moment."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._events = self._events or self._open_events()
            for _ in range(_MOST_FETCHES):
                if not self._wake(self._events):
                    return
        except SkuscribeError as error:
            # Every shard is polled as well.
            _LOG.warning("events of batch jobs are left aside: %s", error.message)
        finally:
            self._lock.release()

    def _wake(self, events: Events) -> bool:
        """Wake the shards of the next events; give whether there were any."""
        arns = events.arns()
        if not arns:
            return False
        if found := self._shards.by_arn(sorted(arns)):
            self._shards.wake([shard.id for shard in found])
        events.forget()
        return True
