"""What goes out to the workers: which chunks are to be looked at, which job has ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from jobs.clock import Clock
from jobs.store.store import Store
from worker.broker_error import BrokerError

INTERACTIVE, BULK, CONTROL = "interactive", "bulk", "control"
#: Chunks that are queued although no worker has been seen yet: the first one that comes finds work.
_WITHOUT_WORKERS = 4
#: Items of a chunk: large enough that a message costs nothing beside them, small enough to share out evenly (measured).
CHUNK_ITEMS = 50
#: A batch job that nobody has looked at is told of again after so long.
_BATCH_AGAIN = timedelta(seconds=30)
_LOG = logging.getLogger("skuscribe.messages")


class Broker(Protocol):
    """Carries messages to workers; a message may be lost or come twice."""

    def run_chunk(self, chunk_ids: Sequence[int], queue: str) -> None:
        """Ask for chunks to be run.

        Raises:
            BrokerError: it is out of reach.
        """

    def deliver(self, job_id: str) -> None:
        """Ask for a job's files to be written.

        Raises:
            BrokerError: it is out of reach.
        """

    def run_batch(self, job_id: str) -> None:
        """Ask for a look at a job's batch lane.

        Raises:
            BrokerError: it is out of reach.
        """

    def depth(self, queue: str) -> int:
        """Count the messages that wait.

        Raises:
            BrokerError: it is out of reach.
        """


class Messages:
    """Sends what the store says is due."""

    def __init__(self, *, store: Store, broker: Broker, clock: Clock) -> None:
        self._store = store
        self._broker = broker
        self._clock = clock

    def dispatch(self) -> None:
        """Send a message for each chunk that is due; what does not arrive is found by the sweep."""
        most = max(_WITHOUT_WORKERS, self._store.sessions.live_slots())
        due = self._store.chunks.dispatch(most=most, now=self._clock())
        try:
            for queue, urgent in ((INTERACTIVE, True), (BULK, False)):
                chunk_ids = [message.chunk_id for message in due if message.urgent is urgent]
                if chunk_ids:
                    self._broker.run_chunk(chunk_ids, queue)
        except BrokerError as error:
            _LOG.warning("%s", error.message)

    def batches(self) -> None:
        """Send a message for each job whose batch lane has something due."""
        now = self._clock()
        for job_id in self._store.shards.due(now, queued_before=now - _BATCH_AGAIN):
            self.batch(job_id)

    def batch(self, job_id: str) -> None:
        """Have a job's batch lane looked at; what does not arrive is found by the sweep."""
        try:
            self._broker.run_batch(job_id)
        except BrokerError as error:
            _LOG.warning("%s", error.message, extra={"job": job_id})

    def job_ended(self, job_id: str) -> None:
        """Have a detached job's files written; what does not arrive is found by the sweep."""
        if not self._store.jobs.get(job_id).detached:
            return
        try:
            self._broker.deliver(job_id)
        except BrokerError as error:
            _LOG.warning("%s", error.message, extra={"job": job_id})

    def waiting(self) -> int:
        """Count the messages about chunks that nobody has taken yet.

        Raises:
            BrokerError: the broker is out of reach.
        """
        return self._broker.depth(INTERACTIVE) + self._broker.depth(BULK)

    def depths(self) -> dict[str, int]:
        """Count the messages that wait, by queue.

        Raises:
            BrokerError: the broker is out of reach.
        """
        return {queue: self._broker.depth(queue) for queue in (INTERACTIVE, BULK, CONTROL)}
