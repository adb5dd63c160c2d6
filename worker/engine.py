"""The engine: takes items, gets a permit, records, sends, decides, records again. It knows no Celery and no AWS."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from jobs.results import ItemState
from jobs.store.database import StoreError
from jobs.store.ledger import End, Finished, Grant, Ledger, Start
from jobs.usage import TokenUsage
from templates.errors import UserError
from worker.composing import Composed, Composer, Task
from worker.feed import Feed
from worker.limits.limiter import Limiter, Permit
from worker.model import ErrorKind, ModelError, OutputMode, Reply, Request
from worker.outcome import Place, finished_item
from worker.progress import Progress
from worker.retry import FAILURES_IN_A_ROW, is_out_of_reach
from worker.verdicts import Again, Repair, Settled, StopJob, Verdict, is_usable, on_error, on_reply

_FIRST_THREADS = 4
NO_ANSWERS = ModelError(
    "The model gave no usable answer to several products in a row.",
    kind=ErrorKind.REJECTED,
    fix="`skuscribe preview` shows its answers; choose another model with --model.",
)
_THREAD_BYTES = 512 * 1024
_LOG = logging.getLogger("skuscribe.attempts")


class Pricing(Protocol):
    """Prices the attempts of one job."""

    def reserve_pico(self, model: str, *, input_tokens: int, output_tokens: int, cached: bool) -> int | None:
        """The most that a request can cost; None when its price is not known."""

    def cost(self, model: str, usage: TokenUsage, *, tier: str) -> tuple[int | None, str]:
        """What a reply cost and the reference of its price; (None, "") when it is not known."""

    def quota_tokens(self, model: str, usage: TokenUsage) -> int:
        """What a reply counts against tokens per minute."""


@dataclass(slots=True)
class _Trouble:
    """Failures in a row: the same one for every item stops the job."""

    error: ModelError | None = None
    in_a_row: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class _Trip:
    """A request that is back."""

    task: Task
    composer: Composer
    start: Start
    permit: Permit
    #: What its reservation was multiplied by.
    surprise: float
    seconds: float


class Engine:
    """Writes all open items of one job.

    Threads are started as long as a permit is free and no thread waits for one, up to `concurrency`. `numbers` names
    the attempts of a session. `put_off` keeps a task that waits for its next try in the store; False where the wait is
    too short for that.
    """

    def __init__(
        self,
        *,
        place: Place,
        composers: Mapping[tuple[str, str, str], Composer],
        send: Callable[[Task, Request], Reply],
        ledger: Ledger,
        limiter: Limiter,
        pricing: Pricing,
        feed: Feed,
        concurrency: int,
        numbers: Iterator[int],
        random: Callable[[], float],
        clock_s: Callable[[], float] = time.monotonic,
        put_off: Callable[[Task, float], bool] = lambda _task, _wait_s: False,
    ) -> None:
        self._place = place
        self._composers = composers
        self._send = send
        self._ledger = ledger
        self._limiter = limiter
        self._pricing = pricing
        self._feed = feed
        self._concurrency = concurrency
        self._random = random
        self._clock_s = clock_s
        self._numbers = numbers
        self._put_off = put_off
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._modes: dict[str, OutputMode] = {}
        self._surprise = 1.0
        self._trouble = _Trouble()
        self.progress = Progress()
        #: The error that stopped the job, if one did.
        self.error: ModelError | StoreError | None = None
        self._defect: BaseException | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        previous = threading.stack_size(_THREAD_BYTES)
        try:
            for _ in range(min(_FIRST_THREADS, self._concurrency)):
                self._start_thread()
        finally:
            threading.stack_size(previous)

    def stop(self, reason: str) -> None:
        """Send nothing more; what is in flight is paid for and may finish."""
        self._feed.stop(reason)
        self._limiter.close()

    def is_running(self) -> bool:
        """Whether any thread is still at work."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self, wait_s: float) -> bool:
        """Wait for the end, so long at the most; give whether it is over."""
        until_s = self._clock_s() + wait_s
        # Threads start threads: look again until none is left.
        while (left_s := until_s - self._clock_s()) > 0:
            running = [thread for thread in list(self._threads) if thread.is_alive()]
            if not running:
                break
            running[0].join(left_s)
        if self._defect:
            raise self._defect
        return not self.is_running()

    def _start_thread(self) -> None:
        with self._starting:
            if len(self._threads) < self._concurrency:
                thread = threading.Thread(target=self._serve, name=f"sender-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self) -> None:
        try:
            while (task := self._feed.take()) is not None:
                self._try(task)
        except StoreError as error:
            self.error = self.error or error
            self.stop("store")
        except BaseException as error:  # noqa: BLE001 - a defect must not leave the job hanging; join() raises it
            self._defect = self._defect or error
            self.stop("defect")

    def _try(self, task: Task) -> None:
        item = task.item
        composer = self._composers[item.template, item.locale, item.model]
        mode = self._modes.get(item.template + item.model, composer.asking.mode)
        try:
            composed = composer.compose(task, mode=mode)
        except UserError as error:
            self._ledger.finish(Finished(item_id=item.id, state=ItemState.FAILED, copy={}, notes=error.message))
            self._finished(task, failed=True)
            return
        began_s = self._clock_s()
        permit = self._limiter.acquire(composed.prompt_tokens + composed.request.max_tokens)
        self.progress.waited_s += self._clock_s() - began_s
        if permit is None:
            self._feed.later(task, 0)
            return
        if not self._limiter.waiting and not self._feed.is_alone and len(self._threads) < self._concurrency:
            self._start_thread()
        self._send_one(task, composer, composed, permit)

    def _send_one(self, task: Task, composer: Composer, composed: Composed, permit: Permit) -> None:
        surprise = self._surprise
        start = self._start_of(task, composed, surprise)
        asked = self._feed.ask()
        grant = self._ledger.start(start)
        if grant is not Grant.GRANTED:
            self._limiter.cancel(permit)
            if grant is Grant.ENDED:
                self.stop("ended")
            self._feed.hold(task, asked)
            return
        self.progress.in_flight += 1
        self.progress.requests += 1
        began_s = self._clock_s()
        try:
            reply = self._send(task, composed.request)
        except ModelError as error:
            trip = _Trip(task, composer, start, permit, surprise, self._clock_s() - began_s)
            self._on_error(trip, error, mode=composed.request.mode)
        else:
            self._on_reply(_Trip(task, composer, start, permit, surprise, self._clock_s() - began_s), reply)
        finally:
            self.progress.in_flight -= 1
            self._feed.ended()

    def _start_of(self, task: Task, composed: Composed, surprise: float) -> Start:
        place, request = self._place, composed.request
        reserved = self._pricing.reserve_pico(
            request.model,
            input_tokens=composed.most_prompt_tokens,
            output_tokens=request.max_tokens,
            cached=request.cache_system,
        )
        return Start(
            attempt=f"{place.session}-{next(self._numbers):09d}",
            job_id=place.job_id,
            item_id=task.item.id,
            session=place.session,
            purpose=task.purpose,
            model=request.model,
            region=place.region,
            lane=place.lane,
            realm=place.realm,
            reserved_pico=None if reserved is None else round(reserved * surprise),
        )

    def _on_reply(self, trip: _Trip, reply: Reply) -> None:
        task, composer, start, permit = trip.task, trip.composer, trip.start, trip.permit
        self._limiter.settle(permit, self._pricing.quota_tokens(start.model, reply.usage))
        cost_pico, ref = self._pricing.cost(start.model, reply.usage, tier=reply.tier)
        if cost_pico and start.reserved_pico and cost_pico > start.reserved_pico:
            # The endpoint counts more tokens than there can be: reserve by what it counts, so that the cap holds.
            with self._trouble.lock:
                self._surprise = max(self._surprise, trip.surprise * 1.1 * cost_pico / start.reserved_pico)
        verdict = on_reply(task, reply, composer.template, composer.checker)
        if isinstance(verdict, Settled) and verdict.state is ItemState.DONE and task.purpose == "write":
            composer.learn(reply.usage.output_tokens)
        self.progress.input_tokens += reply.usage.input_tokens
        self.progress.output_tokens += reply.usage.output_tokens
        self.progress.cost_pico += cost_pico or 0
        if is_usable(verdict):
            self._feed.open_up()
            self._trouble.in_a_row = 0
        elif isinstance(verdict, Settled) and self._is_for_all(NO_ANSWERS):
            verdict = StopJob(NO_ANSWERS)
        end = End(
            start=start,
            outcome="ok",
            tier=reply.tier,
            usage=reply.usage,
            raw_usage=reply.raw_usage,
            cost_pico=cost_pico,
            price_ref=ref,
            request_id=reply.request_id,
            finish=reply.stop_reason,
            seconds=trip.seconds,
        )
        self._act(task, verdict, end)

    def _on_error(self, trip: _Trip, error: ModelError, *, mode: OutputMode) -> None:
        task, permit = trip.task, trip.permit
        if error.kind is ErrorKind.THROTTLED:
            self.progress.throttled += 1
            self._limiter.throttled(permit)
        else:
            self._limiter.cancel(permit)
        task.met[error.kind] = task.met.get(error.kind, 0) + 1
        verdict = on_error(task, error, self._random)
        if error.kind is ErrorKind.REJECTED and self._feed.is_alone and mode is not OutputMode.PROMPT:
            # The first request of all was not understood: a model that the table has wrong. Ask in the prompt instead.
            self._modes[task.item.template + task.item.model] = OutputMode.PROMPT
            verdict = Again()
        if self._feed.is_alone and is_out_of_reach(error, task.met.get(error.kind, 0)):
            verdict = StopJob(error)
        end = End(
            start=trip.start,
            outcome="unconfirmed" if error.maybe_billed else "unbilled",
            error=error.kind,
            request_id=error.request_id,
            seconds=trip.seconds,
        )
        failed = isinstance(verdict, Settled) and verdict.state is ItemState.FAILED
        if failed and self._may_hit_all(error) and self._is_for_all(error):
            verdict = StopJob(error)
        self._act(task, verdict, end)

    def _may_hit_all(self, error: ModelError) -> bool:
        """Whether an error can be due to something else than the product's own text."""
        if error.kind is ErrorKind.REJECTED:
            return self._feed.is_alone
        return error.kind is not ErrorKind.TOO_LONG

    def _is_for_all(self, error: ModelError) -> bool:
        """Whether so many items in a row have failed alike that the rest would as well."""
        with self._trouble.lock:
            trouble = self._trouble
            trouble.in_a_row = trouble.in_a_row + 1 if trouble.error and trouble.error.kind is error.kind else 1
            trouble.error = error
            return trouble.in_a_row >= FAILURES_IN_A_ROW

    def _act(self, task: Task, verdict: Verdict, end: End) -> None:
        _log(task, end)
        match verdict:
            case Settled():
                self._ledger.end(replace(end, finished=finished_item(task.item, verdict, end, self._place)))
                self._finished(task, failed=verdict.state is ItemState.FAILED)
            case Repair():
                self._ledger.end(end)
                task.purpose, task.draft, task.violations = "repair", verdict.draft, verdict.violations
                self._feed.later(task, 0)
            case Again():
                self._ledger.end(end)
                task.meet(lengthened=verdict.lengthened, unreadable=verdict.unreadable)
                if self._put_off(task, verdict.wait_s):
                    self._feed.done(task)
                else:
                    self._feed.later(task, verdict.wait_s)
            case StopJob():
                self._ledger.end(end)
                self.error = self.error or verdict.error
                self.stop("error")
                self._feed.later(task, 0)

    def _finished(self, task: Task, *, failed: bool) -> None:
        self.progress.finished += 1
        self.progress.failed += failed
        self._feed.done(task)


def _log(task: Task, end: End) -> None:
    level = logging.DEBUG if end.outcome == "ok" else logging.INFO
    if _LOG.isEnabledFor(level):
        ids = {"job": end.start.job_id, "item": task.item.id, "chunk": task.chunk or None, "request": end.request_id}
        outcome = end.error or end.outcome
        _LOG.log(level, "attempt %s: %s after %.2f s", end.start.attempt, outcome, end.seconds, extra=ids)
