"""Runs a planned job in this process: opens the way to the model, lets the engine work, watches for reasons to stop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from jobs.clock import Clock, stamp
from jobs.lifecycle import JobState, StopReason, end_state
from jobs.prices.book import PriceBook
from jobs.spec import JobSpec, parse_deadline
from jobs.store.database import StoreError
from jobs.store.job_table import JobRecord
from jobs.store.ledger import Ledger
from jobs.store.store import Store
from templates.errors import AccessError, SkuscribeError, UserError
from worker.aws.capabilities import capability_of, output_mode
from worker.composing import Asking, Composer, Task
from worker.endpoint import Endpoint, open_endpoint
from worker.engine import Engine, Place, Progress
from worker.feed import Feed
from worker.limits.limiter import Quotas
from worker.limits.memory import MemoryLimiter
from worker.model import ModelError, Reply, Request
from worker.pricing import BookPricing
from worker.recipe import Recipe
from worker.settings import Settings

#: How often a running job looks whether somebody wants it to stop.
_WATCH_S = 0.25
#: Requests in flight at the most, unless told: what a quota that nobody told may take.
_MOST_IN_FLIGHT = 256
#: With a told quota: enough for replies that take so long.
_LONG_REPLY_S = 12
#: How long a stopped job waits for the replies that are paid for.
_LAST_REPLIES_S = 150.0

#: Shows a task's text as it comes; given for previews.
Show = Callable[[Task, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a running job tells and asks, several times a second."""

    progress: Callable[[Progress], None] = lambda _: None
    #: `StopReason.SIGNAL` once a signal came.
    stop: Callable[[], StopReason | None] = lambda: None
    #: What should be known before the first request.
    warn: Callable[[str], None] = lambda _: None
    show: Show | None = None


class Execution:
    """Runs jobs of the embedded mode, one at a time."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        book: PriceBook,
        clock: Clock,
        random: Callable[[], float],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._store = store
        self._book = book
        self._clock = clock
        self._random = random
        self._clock_s = clock_s

    def run(self, job_id: str, watch: Watch) -> None:
        """Write the job's open items and set its state.

        Raises:
            AccessError: what would hit every item: no credentials, access or model.
            UserError: another process runs it.
            StoreError: the store could not be written.
        """
        with self._held(job_id):
            job = self._store.jobs.get(job_id)
            self._store.jobs.recount(job_id)
            self._store.jobs.change(
                job_id,
                state=JobState.RUNNING,
                stop_reason=None,
                stop_requested=False,
                began_at=stamp(self._clock()),
                ended_at=None,
                message="",
            )
            began_s = self._clock_s()
            state, reason, message = JobState.STOPPED, None, ""
            try:
                reason, error = self._write(job, watch)
                if error:
                    state, message = JobState.FAILED, error.message
                    raise _told(error)
                if reason is None:
                    state = end_state(self._store.items.states(job_id))
            except SkuscribeError as failure:
                state, message = JobState.FAILED, failure.message
                raise
            finally:
                self._end(job, state, reason, message, self._clock_s() - began_s)

    def _end(self, job: JobRecord, state: JobState, reason: StopReason | None, message: str, seconds: float) -> None:
        self._store.jobs.change(
            job.id,
            state=state,
            stop_reason=reason,
            message=message,
            seconds=job.seconds + seconds,
            began_at=None,
            ended_at=stamp(self._clock()),
        )

    def _held(self, job_id: str) -> _Held:
        return _Held(self._settings.home / "locks" / f"{job_id}.lock", job_id)

    def _write(self, job: JobRecord, watch: Watch) -> tuple[StopReason | None, SkuscribeError | None]:
        if not self._store.items.waiting(job.id):
            return None, None
        spec = JobSpec.from_json(job.spec)
        model = spec.model[0]
        concurrency = self._concurrency(spec)
        with (
            open_endpoint(
                self._settings,
                model=model,
                region=spec.region,
                simulate=spec.simulate,
                connections=concurrency,
                today=lambda: self._clock().date(),
            ) as endpoint,
            Ledger(self._store.engine, clock=self._clock) as ledger,
        ):
            for warning in endpoint.warnings:
                watch.warn(warning)
            if endpoint.realm != job.realm:
                raise UserError(
                    f"The job was started against {job.realm}, but AWS's settings now lead to {endpoint.realm}.",
                    fix="Set the endpoint back, or start a new job: costs of different places are never added up.",
                    code="realm",
                )
            engine, feed = self._engine(job, spec, endpoint, ledger, watch)
            self._attend(job, spec, engine, watch)
            stopped = feed.stopped
        if isinstance(engine.error, StoreError):
            raise engine.error
        if stopped in set(StopReason):
            return StopReason(str(stopped)), None
        return None, engine.error

    def _attend(self, job: JobRecord, spec: JobSpec, engine: Engine, watch: Watch) -> None:
        """Wait for the engine's end, passing on why it should stop."""
        deadline_s = self._clock_s() + parse_deadline(spec.deadline) if spec.deadline else None
        patience_s: float | None = None
        engine.start()
        while not engine.join(_WATCH_S):
            watch.progress(engine.progress)
            reason = watch.stop()
            if reason is None and self._store.jobs.is_stop_requested(job.id):
                reason = StopReason.USER
            if reason is None and deadline_s is not None and self._clock_s() > deadline_s:
                reason = StopReason.DEADLINE
            if reason:
                engine.stop(reason)
                patience_s = patience_s or self._clock_s() + _LAST_REPLIES_S
            if patience_s is not None and self._clock_s() > patience_s:
                return
        watch.progress(engine.progress)

    def _engine(
        self, job: JobRecord, spec: JobSpec, endpoint: Endpoint, ledger: Ledger, watch: Watch
    ) -> tuple[Engine, Feed]:
        session = f"{int(self._clock().timestamp() * 1000):x}{secrets.token_hex(2)}"
        lane = spec.chosen_lane
        pricing = BookPricing(
            self._book,
            region=endpoint.region,
            lane=lane,
            today=lambda: self._clock().date(),
            resolved=endpoint.model,
        )
        feed = Feed(
            lambda after, size: [Task(item) for item in self._store.items.open_page(job.id, after, size)],
            clock_s=self._clock_s,
        )
        limiter = MemoryLimiter(self._quotas(spec, endpoint), clock_s=self._clock_s, unlimited=endpoint.unlimited)

        def send(task: Task, request: Request) -> Reply:
            if watch.show is None:
                return endpoint.client.converse(request)
            show = watch.show
            return endpoint.client.stream(request, lambda text: show(task, text))

        engine = Engine(
            place=Place(
                job_id=job.id,
                session=session,
                realm=job.realm,
                region=endpoint.region,
                lane=lane,
                catalogue=job.catalogue,
            ),
            composers=_composers(job, spec, pricing, lane),
            send=send,
            ledger=ledger,
            limiter=limiter,
            pricing=pricing,
            feed=feed,
            concurrency=1 if watch.show else self._concurrency(spec),
            random=self._random,
            clock_s=self._clock_s,
        )
        return engine, feed

    def _quotas(self, spec: JobSpec, endpoint: Endpoint) -> Quotas:
        """What the user says, else what Service Quotas says; what neither says is learned."""
        told = endpoint.quotas
        return Quotas(
            requests_per_min=spec.rpm or self._settings.rpm or told.requests_per_min,
            tokens_per_min=spec.tpm or self._settings.tpm or told.tokens_per_min,
        )

    def _concurrency(self, spec: JobSpec) -> int:
        told = spec.concurrency or self._settings.concurrency
        rpm = spec.rpm or self._settings.rpm
        if told:
            return told
        return min(1000, max(64, round(rpm / 60 * _LONG_REPLY_S))) if rpm else _MOST_IN_FLIGHT


def _composers(job: JobRecord, spec: JobSpec, pricing: BookPricing, lane: str) -> dict[tuple[str, str, str], Composer]:
    recipe = Recipe.from_json(job.templates)
    composers = {}
    for model in spec.model:
        capability = capability_of(pricing.base(model))
        asking = Asking(
            mode=output_mode(pricing.base(model) or model),
            tier="flex" if lane == "flex" else "default",
            cache_min_tokens=capability.cache_min_tokens if pricing.has_cache_prices(model) else 0,
            thinks=capability.thinks,
            most_output_tokens=capability.max_output_tokens,
            metadata={"skuscribe_job": job.id},
        )
        for template in recipe.templates:
            for locale in spec.locale or ("",):
                composers[template.ref, locale, model] = Composer(
                    template, locale=locale, brand=recipe.brand, asking=asking
                )
    return composers


def _told(error: SkuscribeError) -> SkuscribeError:
    """Turn what stopped a job into what a person is told: exit 5 with the cure."""
    if isinstance(error, ModelError):
        return AccessError(error.message, fix=error.fix, code=error.kind)
    return error


class _Held:
    """The lock of a running job: it goes with the process that holds it, however that ends."""

    def __init__(self, path: Path, job_id: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path)
        self._job_id = job_id

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise UserError(
                f"The job {self._job_id} is being run by another process.",
                fix=f"Wait for it, or stop it with `skuscribe stop {self._job_id}`.",
                code="running",
            ) from error

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def is_running(settings: Settings, job_id: str) -> bool:
    """Whether a process runs this job at this moment."""
    path = settings.home / "locks" / f"{job_id}.lock"
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
