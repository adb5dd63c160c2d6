"""Runs a planned job in this process: opens the way to the model, lets the engine work, watches for reasons to stop."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from jobs.clock import Clock, stamp
from jobs.lifecycle import JobState, StopReason, end_state
from jobs.spec import JobSpec, parse_deadline
from jobs.store.database import StoreError
from jobs.store.item_table import OpenItem
from jobs.store.job_table import JobRecord
from jobs.store.ledger import Ledger
from jobs.store.store import Store
from templates.errors import SkuscribeError
from worker.assembly import Assembly
from worker.batch.running import BatchRun, Wishes
from worker.composing import Task
from worker.endpoint import open_endpoint
from worker.engine import Engine
from worker.failure import told
from worker.feed import Feed, by_pages
from worker.hold import Hold, running_error, taken_over_error
from worker.limits.memory import MemoryLimiter
from worker.progress import Progress

#: How often a running job looks whether somebody wants it to stop.
_WATCH_S = 0.25
#: How long a stopped job waits for the replies that are paid for.
LAST_REPLIES_S = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a running job tells and asks, several times a second."""

    progress: Callable[[Progress], None] = lambda _: None
    #: `StopReason.SIGNAL` once a signal came.
    stop: Callable[[], StopReason | None] = lambda: None
    #: What should be known before the first request.
    warn: Callable[[str], None] = lambda _: None
    #: Takes how batch jobs go.
    tell: Callable[[str], None] = lambda _: None
    #: Takes an item's text as it comes; given for previews.
    show: Callable[[OpenItem, str], None] | None = None


def new_session(clock: Clock) -> str:
    """Name a session so that names sort by time."""
    return f"{int(clock().timestamp() * 1000):x}{secrets.token_hex(2)}"


def renewed_deadline(job: JobRecord, now: datetime) -> str | None:
    """Give when a job that is taken up must be over: one that it has missed counts anew from now."""
    span = JobSpec.from_json(job.spec).deadline
    if not span or (job.deadline_at and stamp(now) <= job.deadline_at):
        return job.deadline_at
    return stamp(now + timedelta(seconds=parse_deadline(span)))


class Execution:
    """Runs jobs of the embedded mode, one at a time."""

    def __init__(self, *, store: Store, assembly: Assembly, hold: Hold, batch: BatchRun) -> None:
        self._store = store
        self._batch = batch
        self._assembly = assembly
        self._hold = hold
        self._clock = assembly.clock
        self._clock_s = assembly.clock_s

    def is_running(self, job_id: str) -> bool:
        """Whether this job is being run, by this command's like or by workers."""
        return self._hold.is_running(job_id)

    def run(self, job_id: str, watch: Watch) -> None:
        """Write the job's open items and set its state.

        Raises:
            AccessError: what would hit every item: no credentials, access or model.
            UserError: another process runs it.
            StoreError: the store could not be written.
        """
        session = new_session(self._clock)
        with self._hold.on(job_id, session):
            job = self._store.jobs.get(job_id)
            if job.shared and job.state is JobState.RUNNING:
                raise running_error(job_id)
            self._store.jobs.recount(job_id)
            self._store.jobs.change(
                job_id,
                state=JobState.RUNNING,
                stop_reason=None,
                stop_wanted=None,
                began_at=stamp(self._clock()),
                ended_at=None,
                message="",
                error=None,
                shared=False,
                detached=False,
                deadline_at=renewed_deadline(job, self._clock()),
            )
            job = self._store.jobs.get(job_id)
            began_s = self._clock_s()
            state, reason, message = JobState.STOPPED, None, ""
            try:
                reason, error = self._write(job, session, watch)
                if error:
                    state, message = JobState.FAILED, error.message
                    raise told(error)
                if reason is None:
                    state = end_state(self._store.items.states(job_id))
            except SkuscribeError as failure:
                state, message = JobState.FAILED, failure.message
                raise
            finally:
                self._end(job, session, state, reason=reason, message=message, seconds=self._clock_s() - began_s)

    def _end(
        self, job: JobRecord, session: str, state: JobState, *, reason: StopReason | None, message: str, seconds: float
    ) -> None:
        self._store.jobs.end(
            job.id,
            session=session,
            state=state,
            stop_reason=reason,
            message=message,
            seconds=job.seconds + seconds,
            began_at=None,
            ended_at=stamp(self._clock()),
        )

    def _write(self, job: JobRecord, session: str, watch: Watch) -> tuple[StopReason | None, SkuscribeError | None]:
        if job.lane == "batch" or self._store.shards.open(job.id):
            reason = self._batch.run(job, session, self._wishes(job, watch))
            if reason:
                return reason, None
            job = self._store.jobs.get(job.id)
        if not self._store.items.waiting(job.id):
            return None, None
        spec, assembly = JobSpec.from_json(job.spec), self._assembly
        with (
            open_endpoint(
                assembly.settings,
                model=spec.model[0],
                region=spec.region,
                simulate=spec.simulate,
                connections=assembly.concurrency(spec),
                today=lambda: self._clock().date(),
            ) as endpoint,
            Ledger(self._store.engine, clock=self._clock, patience_s=self._store.patience_s) as ledger,
        ):
            for warning in endpoint.warnings:
                watch.warn(warning)
            feed = Feed(
                by_pages(
                    lambda after, size: [Task.of(item) for item in self._store.items.open_page(job.id, after, size)]
                ),
                clock_s=self._clock_s,
            )
            quotas = assembly.quotas(spec, endpoint.quotas)
            engine = assembly.engine(
                job,
                session=session,
                numbers=count(),
                endpoint=endpoint,
                ledger=ledger,
                limiter=MemoryLimiter(quotas, clock_s=self._clock_s, unlimited=endpoint.unlimited),
                feed=feed,
                show=watch.show,
            )
            self._attend(job, engine, watch)
            stopped = feed.stopped
        if isinstance(engine.error, StoreError):
            raise engine.error
        if stopped == "ended":
            raise taken_over_error(job.id)
        if stopped in set(StopReason):
            return StopReason(str(stopped)), None
        return None, engine.error

    def _wishes(self, job: JobRecord, watch: Watch) -> Wishes:
        return Wishes(
            progress=watch.progress,
            stop=lambda: watch.stop() or self._store.jobs.wanted_stop(job.id),
            tell=watch.tell,
        )

    def _deadline_s(self, job: JobRecord) -> float | None:
        """Say by the monotonic clock when the job must be over."""
        if not job.deadline_at:
            return None
        return self._clock_s() + (datetime.fromisoformat(job.deadline_at) - self._clock()).total_seconds()

    def _attend(self, job: JobRecord, engine: Engine, watch: Watch) -> None:
        """Wait for the engine's end, passing on why it should stop."""
        deadline_s = self._deadline_s(job)
        patience_s: float | None = None
        engine.start()
        while not engine.join(_WATCH_S):
            watch.progress(engine.progress)
            reason = watch.stop()
            if reason is None:
                reason = self._store.jobs.wanted_stop(job.id)
            if reason is None and deadline_s is not None and self._clock_s() > deadline_s:
                reason = StopReason.DEADLINE
            if reason:
                engine.stop(reason)
                patience_s = patience_s or self._clock_s() + LAST_REPLIES_S
            if patience_s is not None and self._clock_s() > patience_s:
                return
        watch.progress(engine.progress)
