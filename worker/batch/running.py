"""Runs the batch lane of a job in the process of a command, until no shard is open and none is to come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from jobs.clock import stamp
from jobs.lifecycle import StopReason
from jobs.store.job_table import JobRecord
from jobs.store.shard_table import ShardState
from jobs.store.store import Store
from templates.errors import SkuscribeError
from worker.assembly import Assembly
from worker.batch.course import Decision, capped_line
from worker.batch.job_batch import JobBatch
from worker.batch.lane import BatchLane
from worker.batch.opening import JobCourse, open_job_batch
from worker.failure import told
from worker.hold import taken_over_error
from worker.model import ModelError
from worker.progress import Progress, progress_of

#: How long a wait for Bedrock goes without a look at what the user wants.
_WATCH_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a command that runs a job tells and asks."""

    progress: Callable[[Progress], None]
    #: Why the job is to stop: a signal to this process, or what the store says.
    stop: Callable[[], StopReason | None]
    tell: Callable[[str], None]


class BatchRun:
    """Runs jobs' shards one after another; most of the time it waits for Bedrock.

    `wait` gets the seconds until something is due, and may come back sooner.
    """

    def __init__(
        self,
        *,
        store: Store,
        assembly: Assembly,
        new_name: Callable[[], str],
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._store = store
        self._assembly = assembly
        self._new_name = new_name
        self._wait = wait or _wait_a_moment

    def run(self, job: JobRecord, session: str, wishes: Wishes) -> StopReason | None:
        """Take the job's items through batch-inference jobs; what is left open then is for `jobs.rest_lane`.

        Gives why it stopped, None at its end. After a signal the jobs go on at Bedrock, and whoever resumes harvests
        them; who stops the job by command or by its deadline has them stopped and harvests them here.

        Raises:
            SkuscribeError: what somebody has to mend, or what hits every record alike.
        """
        with self._open(job, wishes) as batch:
            for warning in batch.endpoint.warnings:
                wishes.tell(warning)
            course = JobCourse(batch, self._assembly)
            lane = BatchLane(
                batch,
                stop=lambda: self._is_stopping(wishes, course),
                give_up=lambda: not batch.endpoint.keeps_jobs or course.has_other_lane(),
                cut_off=course.cut_off,
            )
            # Whoever takes a job up wants it looked at now.
            self._store.shards.wake([shard.id for shard in self._store.shards.open(job.id)])
            while True:
                wishes.progress(progress_of(self._store.jobs.standing([job.id])[job.id]))
                late = StopReason.DEADLINE if self._is_late(job) else None
                reason = wishes.stop() or late
                if not self._store.shards.open(job.id):
                    if reason and self._store.items.waiting(job.id):
                        return reason
                    decision = self._decided(batch, course)
                    if decision.lane == "batch":
                        continue
                    return StopReason.CAP if decision.is_capped else None
                if reason is StopReason.SIGNAL:
                    self._tell_of_signal(batch)
                    return reason
                if not late:
                    self._look_after(batch, lane, session)
                elif not self._harvest_last(batch, lane, session):
                    return StopReason.DEADLINE

    def stop(self, job: JobRecord, session: str, tell: Callable[[str], None]) -> None:
        """Have the batch-inference jobs of a job stopped that nobody runs; who resumes it harvests them.

        Raises:
            SkuscribeError: Bedrock cannot be asked.
        """
        wishes = Wishes(progress=lambda _: None, stop=lambda: None, tell=tell)
        with self._open(job, wishes) as batch:
            lane = BatchLane(batch, stop=lambda: True, give_up=lambda: not batch.endpoint.keeps_jobs)
            problems = []
            # What runs is stopped first, whatever hinders the harvest of what has ended.
            for shard in sorted(self._store.shards.open(job.id), key=lambda shard: shard.state is ShardState.ENDED):
                try:
                    lane.work(shard.id, session)
                except SkuscribeError as error:
                    problems.append(error)
            if problems:
                raise problems[0]

    @contextmanager
    def _open(self, job: JobRecord, wishes: Wishes) -> Iterator[JobBatch]:
        try:
            with open_job_batch(
                self._store,
                self._assembly,
                job,
                new_name=self._new_name,
                interrupted=lambda: wishes.stop() is StopReason.SIGNAL,
                tell=wishes.tell,
            ) as batch:
                yield batch
        except ModelError as error:
            raise told(error) from error

    def _is_stopping(self, wishes: Wishes, course: JobCourse) -> bool:
        reason = wishes.stop()
        return (reason is not None and reason is not StopReason.SIGNAL) or course.is_over()

    def _is_late(self, job: JobRecord) -> bool:
        return job.deadline_at is not None and stamp(self._assembly.clock()) > job.deadline_at

    def _decided(self, batch: JobBatch, course: JobCourse) -> Decision:
        """Decide how the open items go on, and begin with it."""
        decision = course.next()
        if decision.error:
            raise decision.error
        if decision.lane == "batch":
            if decision.why:
                batch.tell(f"{decision.why}: they go into batch jobs again.")
            course.plan()
        elif decision.lane:
            batch.tell(f"{decision.why}: they go {_by(decision.lane)}.")
            if not self._store.jobs.get(batch.job.id).rest_lane:
                self._store.jobs.change(batch.job.id, rest_lane=decision.lane)
        elif decision.is_capped:
            batch.tell(capped_line(batch.job.id, decision))
        return decision

    def _harvest_last(self, batch: JobBatch, lane: BatchLane, session: str) -> bool:
        """Look at every open shard once more, at the deadline; give whether none is open then."""
        for shard in self._store.shards.open(batch.job.id):
            if not batch.interrupted():
                lane.work(shard.id, session)
        return not self._store.shards.open(batch.job.id)

    def _look_after(self, batch: JobBatch, lane: BatchLane, session: str) -> None:
        """Work on the shards that are due, or wait a moment."""
        now = stamp(self._assembly.clock())
        shards = self._store.shards.open(batch.job.id)
        due = [shard for shard in shards if shard.due_at <= now]
        worked = False
        for shard in due:
            if batch.interrupted():
                return
            worked = lane.work(shard.id, session) or worked
        if due and not worked:
            if self._store.sessions.find(session) is None:
                raise taken_over_error(batch.job.id)
            self._wait(_WATCH_S)
        elif not due:
            self._wait(self._until_due_s(min(shard.due_at for shard in shards)))

    def _until_due_s(self, due_at: str) -> float:
        return max(0.0, (datetime.fromisoformat(due_at) - self._assembly.clock()).total_seconds())

    def _tell_of_signal(self, batch: JobBatch) -> None:
        job_id = batch.job.id
        are_there = any(shard.state is ShardState.SUBMITTED for shard in self._store.shards.open(job_id))
        if are_there and batch.endpoint.keeps_jobs:
            batch.tell(
                f"Its batch jobs go on at Bedrock: `skuscribe resume {job_id}` fetches what they write, `skuscribe stop"
                f" {job_id}` ends them."
            )


def _wait_a_moment(until_due_s: float) -> None:
    time.sleep(min(_WATCH_S, until_due_s))


def _by(lane: str) -> str:
    return "on demand" if lane == "on-demand" else lane
