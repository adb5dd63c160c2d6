"""Runs a planned job on the workers: submits it and follows it through the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext

from jobs.clock import Clock
from jobs.lifecycle import ENDED, JobState
from jobs.store.item_table import OpenItem
from jobs.store.job_table import JobStanding
from jobs.store.store import Store
from worker import failure
from worker.execution import Watch, renewed_deadline
from worker.hold import BEATS_A_LEASE, Hold, running_error
from worker.messages import CHUNK_ITEMS, Messages
from worker.progress import progress_of
from worker.showing import Heard, Showing
from worker.tick import Tick

_LOOK_S = 0.25
#: A job that waits so long for a worker without any being there says so.
_NO_WORKER_S = 5.0


class Following:
    """Runs jobs on the workers that share the store and the broker."""

    def __init__(
        self,
        *,
        store: Store,
        messages: Messages,
        clock: Clock,
        showing: Showing,
        hold: Hold,
        tick: Tick,
        lease_s: float,
        sleep: Callable[[float], None] = time.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._messages = messages
        self._clock = clock
        self._showing = showing
        self._hold = hold
        self._tick = tick
        self._sweep_s = lease_s / BEATS_A_LEASE
        self._sleep = sleep
        self._clock_s = clock_s

    def submit(self, job_id: str, *, detached: bool = False) -> None:
        """Hand a job to the workers.

        Raises:
            BrokerError: no message can be sent; the job is as it was.
            UserError: it is being run.
        """
        self._messages.waiting()
        job = self._store.jobs.get(job_id)
        if not job.shared and self._hold.is_held(job_id):
            raise running_error(job_id)
        self._store.jobs.change(job_id, deadline_at=renewed_deadline(job, self._clock()))
        in_batch = job.is_in_batch or bool(self._store.shards.open(job_id))
        chunks = self._store.chunks.submit(
            job_id, size=0 if in_batch else CHUNK_ITEMS, now=self._clock(), detached=detached
        )
        if chunks is None:
            raise running_error(job_id)
        if in_batch:
            # Whoever takes a job up wants it looked at now.
            self._store.shards.wake([shard.id for shard in self._store.shards.open(job_id)])
            self._messages.batch(job_id)
        elif not chunks:
            self._store.jobs.settle(job_id, self._clock())
            self._messages.job_ended(job_id)
        self._messages.dispatch()

    def run(self, job_id: str, watch: Watch) -> None:
        """Have the job's open items written, and wait for its end.

        Raises:
            AccessError: what would hit every item: no credentials, access or model.
            BrokerError: it cannot be submitted.
            StoreError: the store is out of reach for long.
        """
        with self._showing.heard_of(job_id) if watch.show else nullcontext(_silence) as heard:
            job = self._store.jobs.get(job_id)
            if not (job.shared and job.state is JobState.RUNNING):
                self.submit(job_id)
            standing = self._follow(job_id, watch, heard)
        if standing.state is JobState.FAILED and standing.error:
            raise failure.from_json(standing.error)

    def is_running(self, job_id: str) -> bool:
        """Whether this job is being run, by workers or by a command."""
        return self._hold.is_running(job_id)

    def _follow(self, job_id: str, watch: Watch, heard: Heard) -> JobStanding:
        began_s = swept_s = self._clock_s()
        warned = False
        while True:
            if self._clock_s() - swept_s > self._sweep_s:
                # As long as somebody waits for it, a job whose workers all died is seen to be without any.
                swept_s = self._clock_s()
                self._tick.run()
            standing = self._store.jobs.standing([job_id])[job_id]
            watch.progress(progress_of(standing))
            for item, text in heard(0.01):
                if watch.show:
                    watch.show(item, text)
            if standing.state in ENDED:
                return standing
            reason = watch.stop()
            if reason and not standing.stop_wanted:
                self._store.jobs.want_stop(job_id, reason)
            if standing.stop_wanted:
                # Where no worker has anything of it, nobody else would say that it has stopped.
                self._store.jobs.settle(job_id, self._clock())
            if not warned and self._clock_s() - began_s > _NO_WORKER_S and not self._store.sessions.workers():
                warned = True
                watch.warn(
                    "No worker is there yet: the job waits for one "
                    "(celery --app worker.celery_app worker --queues interactive,bulk,control)."
                )
            self._sleep(_LOOK_S)


def _silence(_wait_s: float) -> list[tuple[OpenItem, str]]:
    return []
