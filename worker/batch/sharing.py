"""The batch lane of jobs that many workers share: whoever is told of a job takes its due shards as far as they go."""

from __future__ import annotations

import logging
from collections.abc import Callable

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason
from jobs.store.database import StoreLostError
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from templates.errors import SkuscribeError
from worker import failure
from worker.assembly import Assembly
from worker.batch.job_batch import JobBatch
from worker.batch.lane import BatchLane
from worker.batch.opening import JobCourse, open_job_batch
from worker.messages import CHUNK_ITEMS, Messages

_LOG = logging.getLogger("skuscribe.batch")


class SharedBatches:
    """Works on the shards of shared jobs; several workers may be told of the same job at the same time."""

    def __init__(self, *, store: Store, assembly: Assembly, messages: Messages, new_name: Callable[[], str]) -> None:
        self._store = store
        self._assembly = assembly
        self._messages = messages
        self._new_name = new_name

    def look(self, job_id: str, session: str, *, interrupted: Callable[[], bool]) -> None:
        """Do what is due of a job's batch lane; nothing where it does not run or nothing is due.

        Raises:
            StoreLostError: the store is away; who sweeps next finds what is due.
        """
        job = self._store.jobs.get(job_id)
        if not job.shared or job.state is not JobState.RUNNING:
            return
        try:
            self._look(job, session, interrupted)
        except StoreLostError:
            raise
        except SkuscribeError as error:
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
        ) as batch:
            course = JobCourse(batch, self._assembly)
            if job.deadline_at and stamp(batch.clock()) > job.deadline_at:
                self._store.jobs.want_stop(job.id, StopReason.DEADLINE)

            def stops() -> bool:
                return self._store.jobs.wanted_stop(job.id) is not None or course.is_over()

            lane = BatchLane(batch, stop=stops, give_up=course.has_other_lane)
            while not batch.interrupted():
                worked = self._work(batch, lane, session, must_stop=stops())
                planned = self._go_on(batch, course)
                if not (worked or planned):
                    return

    def _work(self, batch: JobBatch, lane: BatchLane, session: str, *, must_stop: bool) -> bool:
        """Work on each free shard that is due; give whether anything was done."""
        now = stamp(batch.clock())
        done = False
        for shard in self._store.shards.open(batch.job.id):
            is_due = shard.due_at <= now or (must_stop and not shard.stopping)
            if is_due and shard.session is None and not batch.interrupted():
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
        if decision.why:
            batch.tell(f"{decision.why}: they go {decision.lane}.")
        if decision.lane == "batch":
            # Others may help with them.
            self._messages.batch(job_id)
            return course.plan() > 0
        if decision.lane:
            self._store.chunks.begin_rest(job_id, decision.lane, size=CHUNK_ITEMS)
        return False
