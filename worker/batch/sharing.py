"""The batch lane of jobs that many workers share: whoever is told of a job takes its due shards as far as they go."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason
from jobs.store.database import StoreLostError
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from templates.errors import SkuscribeError
from worker import failure
from worker.assembly import Assembly
from worker.batch.course import capped_line
from worker.batch.endpoint import KeptEndpoints
from worker.batch.job_batch import JobBatch
from worker.batch.lane import BatchLane
from worker.batch.opening import JobCourse, open_job_batch
from worker.endpoint import SIMULATED
from worker.messages import CHUNK_ITEMS, Messages

_LOG = logging.getLogger("skuscribe.batch")
#: Jobs that a process looks at, at a time: each takes a thread, and preparing and harvesting take its processor.
_MOST_JOBS = 3
#: How long a wait for the simulator inside goes without a look at what is wanted.
_WATCH_S = 0.25


class SharedBatches:
    """Works on the shards of shared jobs; several workers may be told of the same job at the same time.

    Of one process one thread at a time looks at a job: claims tell processes apart, not threads.
    """

    def __init__(
        self,
        *,
        store: Store,
        assembly: Assembly,
        messages: Messages,
        new_name: Callable[[], str],
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._store = store
        self._assembly = assembly
        self._messages = messages
        self._new_name = new_name
        self._wait = wait
        self._endpoints = KeptEndpoints(assembly.clock_s)
        self._lock = threading.Lock()
        self._looked_at: set[str] = set()
        #: Sessions of this process that may hold a shard.
        self._sessions: set[str] = set()

    def look(self, job_id: str, session: str, *, interrupted: Callable[[], bool]) -> None:
        """Do what is due of a job's batch lane; nothing where it does not run or nothing is due.

        Nothing as well where this process is at it already, or has enough to do: it is told of again.

        Raises:
            StoreLostError: the store is away; who sweeps next finds what is due.
        """
        with self._lock:
            if job_id in self._looked_at or len(self._looked_at) >= _MOST_JOBS:
                return
            self._looked_at.add(job_id)
            self._sessions.add(session)
        try:
            self._look_at(job_id, session, interrupted)
        finally:
            with self._lock:
                self._looked_at.discard(job_id)

    def free_forgotten(self) -> None:
        """Let go of shards that the store thinks are here: it was away when they were claimed or released.

        Raises:
            StoreError: it is still away.
        """
        with self._lock:
            for session in self._sessions:
                for shard in self._store.shards.held(session):
                    if shard.job_id not in self._looked_at:
                        self._store.shards.release(shard)

    def _look_at(self, job_id: str, session: str, interrupted: Callable[[], bool]) -> None:
        job = self._store.jobs.get(job_id)
        if not job.shared or job.state is not JobState.RUNNING:
            return
        try:
            with self._held(job, session) as held:
                if not held:
                    return
                if not job.error:
                    self._look(job, session, interrupted)
        except StoreLostError:
            raise
        except SkuscribeError as error:
            self._endpoints.forget()
            _LOG.warning("the batch lane cannot go on: %s", error.message, extra={"job": job_id})
            self._store.jobs.fail(job_id, error=failure.to_json(error), message=failure.told(error).message)
        if self._store.jobs.settle(job_id, self._assembly.clock()):
            self._messages.job_ended(job_id)
        self._messages.dispatch()

    def _look(self, job: JobRecord, session: str, interrupted: Callable[[], bool]) -> None:
        with open_job_batch(
            self._store,
            self._assembly,
            job,
            new_name=self._new_name,
            interrupted=interrupted,
            tell=lambda text: _LOG.info("%s", text, extra={"job": job.id}),
            opening=self._endpoints.open,
        ) as batch:
            course = JobCourse(batch, self._assembly)
            if job.deadline_at and stamp(batch.clock()) > job.deadline_at:
                self._store.jobs.want_stop(job.id, StopReason.DEADLINE)

            def stops() -> bool:
                return self._store.jobs.wanted_stop(job.id) is not None or course.is_over()

            is_inside = not batch.endpoint.keeps_jobs
            lane = BatchLane(
                batch, stop=stops, give_up=lambda: is_inside or course.has_other_lane(), cut_off=course.cut_off
            )
            while not batch.interrupted() and self._goes_on(job.id):
                worked = self._work(batch, lane, session)
                planned = self._go_on(batch, course)
                if not (worked or planned or (is_inside and self._wait_until_due(batch))):
                    return

    @contextmanager
    def _held(self, job: JobRecord, session: str) -> Iterator[bool]:
        """Have a job for this session alone where its Bedrock is the simulator inside, which nobody else reaches."""
        if job.realm != SIMULATED:
            yield True
            return
        held = self._store.jobs.hold(job.id, session)
        try:
            yield held
        finally:
            if held:
                self._store.jobs.change(job.id, session=None)

    def _goes_on(self, job_id: str) -> bool:
        """Whether a job runs and nothing has failed it; another worker's shard may."""
        standing = self._store.jobs.standing([job_id])[job_id]
        return standing.state is JobState.RUNNING and not standing.error

    def _wait_until_due(self, batch: JobBatch) -> bool:
        """Wait a moment where a shard is open; give whether one is."""
        shards = self._store.shards.open(batch.job.id)
        if shards:
            due_at = min((shard.due_at for shard in shards if shard.due_at), default="")
            due_s = (datetime.fromisoformat(due_at) - batch.clock()).total_seconds() if due_at else 0.0
            self._wait(min(_WATCH_S, max(0.0, due_s)))
        return bool(shards)

    def _work(self, batch: JobBatch, lane: BatchLane, session: str) -> bool:
        """Work on each free shard that is due; give whether anything was done."""
        now = stamp(batch.clock())
        done = False
        for shard in self._store.shards.open(batch.job.id):
            if not self._goes_on(batch.job.id):
                return False
            if shard.due_at <= now and shard.session in (None, session) and not batch.interrupted():
                done = lane.work(shard.id, session) or done
        return done

    def _go_on(self, batch: JobBatch, course: JobCourse) -> bool:
        """Where no shard is open, decide how the open items go on; give whether there are new shards."""
        job_id = batch.job.id
        if self._store.shards.open(job_id) or self._store.jobs.wanted_stop(job_id) is not None:
            return False
        decision = course.next()
        if decision.error:
            raise decision.error
        if decision.is_capped:
            batch.tell(capped_line(job_id, decision))
            self._store.jobs.want_stop(job_id, StopReason.CAP)
        elif decision.why:
            batch.tell(f"{decision.why}: they go {decision.lane}.")
        if decision.lane == "batch":
            # Others may help with them.
            self._messages.batch(job_id)
            return course.plan() > 0
        if decision.lane:
            self._store.chunks.begin_rest(job_id, decision.lane, size=CHUNK_ITEMS)
        return False
