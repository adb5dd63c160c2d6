"""One job in a worker: its way to the model, its engine, and the chunks whose items it has taken over."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from jobs.spec import JobSpec
from jobs.store.item_table import OpenItem
from jobs.store.job_table import JobRecord
from jobs.store.ledger import Ledger
from jobs.store.store import Store
from worker.assembly import Assembly
from worker.composing import Task
from worker.endpoint import Endpoint, open_endpoint
from worker.engine import Engine
from worker.feed import Feed
from worker.limits.limiter import Limiter, LimitKey
from worker.limits.memory import MemoryLimiter
from worker.limits.shared import SharedLimits
from worker.metrics import LineFigures
from worker.showing import Show

#: A wait for the next try that is longer goes into the store, so that no worker is bound to it.
_LONG_WAIT_S = 15.0
_LOG = logging.getLogger("skuscribe.worker")


@dataclass(slots=True)
class Work:
    """A chunk in this process."""

    chunk_id: int
    left: int
    #: All its items are taken by senders, or will not be.
    taken: threading.Event = field(default_factory=threading.Event)


class Line:
    """Writes the items of one job's chunks, as they come, until it is stopped; `changed` is called when there is news.

    Its session is that of the process: what it starts is refused once the session has ended.
    """

    def __init__(
        self,
        job: JobRecord,
        *,
        session: str,
        numbers: Iterator[int],
        store: Store,
        ledger: Ledger,
        assembly: Assembly,
        limits: SharedLimits,
        changed: Callable[[], None],
        show: Show | None = None,
    ) -> None:
        self.job = job
        self.session = session
        self._numbers = numbers
        self._store = store
        self._ledger = ledger
        self._assembly = assembly
        self._limits = limits
        self._changed = changed
        self._show = show
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._waiting: deque[tuple[Work, list[Task]]] = deque()
        self._handed: list[Work] = []
        self._works: dict[int, Work] = {}
        self._finished: list[int] = []
        self._open = ExitStack()
        self._engine: Engine | None = None
        self._was_proven = job.proven
        self._feed = Feed(
            self._next_page,
            clock_s=assembly.clock_s,
            alone=not job.proven,
            settled=self._settle,
            may_come_free=self._may_come_free,
        )
        self.endpoint: Endpoint | None = None
        self.idle_since_s = assembly.clock_s()

    def open(self) -> None:
        """Open the way to the model and start sending, once.

        Raises:
            AccessError: no credentials, no access, no such model.
            UserError: the settings of this worker lead elsewhere than the job was planned for.
        """
        with self._opening:
            if self._engine or self._feed.stopped:
                return
            job, assembly = self.job, self._assembly
            spec = JobSpec.from_json(job.spec)
            endpoint = self._open.enter_context(
                open_endpoint(
                    assembly.settings,
                    model=spec.model[0],
                    region=spec.region,
                    simulate=spec.simulate,
                    connections=assembly.concurrency(spec),
                    today=lambda: assembly.clock().date(),
                )
            )
            for warning in endpoint.warnings:
                _LOG.warning("%s", warning, extra={"job": job.id})
            quotas = assembly.quotas(spec, endpoint.quotas)
            if endpoint.unlimited:
                limiter: Limiter = MemoryLimiter(quotas, clock_s=assembly.clock_s, unlimited=True)
            else:
                key = LimitKey(endpoint.realm, endpoint.account, endpoint.region, spec.model[0])
                limiter = self._limits.limiter(key, quotas, job_id=job.id, weight=job.weight, urgent=job.urgent)
            engine = assembly.engine(
                job,
                session=self.session,
                numbers=self._numbers,
                endpoint=endpoint,
                ledger=self._ledger,
                limiter=limiter,
                feed=self._feed,
                show=self._show,
                put_off=self._put_off,
            )
            engine.start()
            self.endpoint, self._engine = endpoint, engine

    def add(self, chunk_id: int, items: Sequence[OpenItem]) -> Work:
        """Take over a chunk's items; `Work.taken` is set when the last of them is with a sender."""
        work = Work(chunk_id, len(items))
        tasks = [Task.of(item, chunk=chunk_id) for item in items]
        with self._lock:
            self._works[chunk_id] = work
            self._waiting.append((work, tasks))
        self._feed.wake()
        return work

    def open_up(self) -> None:
        """Let all items in: another worker had a good reply for this job."""
        self._was_proven = True
        self._feed.open_up()

    @property
    def is_alone(self) -> bool:
        """Whether the job has had no good reply yet, so that it sends one request at a time."""
        return self._feed.is_alone

    def just_proven(self) -> bool:
        """Whether a request of this line had the job's first good reply, told once."""
        if self._was_proven or self._feed.is_alone:
            return False
        self._was_proven = True
        return True

    def stop(self, reason: str) -> None:
        """Send nothing more; what is in flight is paid for and may finish."""
        if self._engine:
            self._engine.stop(reason)
        else:
            self._feed.stop(reason)
        with self._lock:
            for work in self._works.values():
                work.taken.set()

    @property
    def stopped(self) -> str | None:
        """Why nothing more is sent, None while it goes on."""
        return self._feed.stopped

    @property
    def error(self) -> Exception | None:
        """What stopped it, where an error did."""
        return self._engine.error if self._engine else None

    def figures(self) -> LineFigures | None:
        """Give its counters since it was opened, None before."""
        if self._engine is None or self.endpoint is None:
            return None
        progress = self._engine.progress
        return LineFigures(
            job_id=self.job.id,
            model=self.endpoint.model.id,
            region=self.endpoint.region,
            realm=self.job.realm,
            requests=progress.requests,
            throttled=progress.throttled,
            input_tokens=progress.input_tokens,
            output_tokens=progress.output_tokens,
            cost_pico=progress.cost_pico,
            in_flight=progress.in_flight,
            waited_s=progress.waited_s,
            finished=progress.finished,
            failed=progress.failed,
        )

    @property
    def chunks(self) -> list[int]:
        """The chunks that it has."""
        with self._lock:
            return list(self._works)

    def take_finished(self) -> list[int]:
        """Give the chunks whose items are all settled, each once."""
        with self._lock:
            finished, self._finished = self._finished, []
            for chunk_id in finished:
                del self._works[chunk_id]
            if not self._works and finished:
                self.idle_since_s = self._assembly.clock_s()
            return finished

    def join(self, wait_s: float) -> bool:
        """Wait for the last replies, so long at the most; give whether all are in.

        Raises:
            Exception: a defect that ended a sender.
        """
        over = self._engine is None or self._engine.join(wait_s)
        if over:
            self._open.close()
        return over

    def _next_page(self) -> list[Task]:
        # The feed asks for more when the last task of what it had is with a sender.
        with self._lock:
            for work in self._handed:
                work.taken.set()
            self._handed.clear()
            if not self._waiting:
                return []
            work, tasks = self._waiting.popleft()
            self._handed.append(work)
            return tasks

    def _settle(self, task: Task) -> None:
        with self._lock:
            work = self._works[task.chunk]
            work.left -= 1
            if work.left:
                return
            self._finished.append(work.chunk_id)
        self._changed()

    def _put_off(self, task: Task, wait_s: float) -> bool:
        # A task with a draft or a longer limit would begin anew: it waits here. So does one that goes alone, since no
        # other may go before the model has shown that it answers at all.
        would_begin_anew = task.purpose != "write" or task.lengthened or task.unreadable
        if wait_s < _LONG_WAIT_S or would_begin_anew or self._feed.is_alone:
            return False
        until = self._assembly.clock() + timedelta(seconds=wait_s)
        self._store.items.put_off(task.item.id, until=until, met=task.met)
        return True

    def _may_come_free(self) -> bool:
        return self._store.jobs.has_open_attempts(self.job.id)
