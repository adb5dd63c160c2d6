"""The inside of a worker process: takes chunks over, keeps a line for each job, and looks after both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason
from jobs.store.database import StoreError, StoreLostError
from jobs.store.job_table import JobRecord, JobStanding
from jobs.store.ledger import Ledger
from jobs.store.store import Store
from templates.errors import SkuscribeError
from worker import failure
from worker.assembly import Assembly
from worker.errands import Errands
from worker.execution import LAST_REPLIES_S, new_session
from worker.hold import BEATS_A_LEASE
from worker.limits.shared import SharedLimits
from worker.line import Line
from worker.messages import Messages
from worker.metrics import LineFigures
from worker.showing import Showing
from worker.tick import Tick

#: How often a worker looks after its jobs: how soon it sees that one is to stop.
_WATCH_S = 0.5
#: How often a task that waits looks whether its line stopped by itself; `Line.stop` tells it at once.
_TAKEN_LOOK_S = 2.0
#: A line without chunks for so long is closed.
_IDLE_S = 30.0
_LOG = logging.getLogger("skuscribe.worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this process is, as the store keeps it."""

    host: str
    process: int
    #: Chunks that it takes at a time.
    slots: int


class Host:
    """One worker process: its session, its ledger, its lines; all methods may be called from any thread."""

    def __init__(
        self,
        *,
        me: Identity,
        store: Store,
        ledger: Ledger,
        assembly: Assembly,
        limits: SharedLimits,
        messages: Messages,
        tick: Tick,
        lease_s: float,
        showing: Showing,
        closed: Callable[[LineFigures], None],
    ) -> None:
        self._me = me
        self._store = store
        self._ledger = ledger
        self._assembly = assembly
        self._limits = limits
        self._tick = tick
        self._beat_s = lease_s / BEATS_A_LEASE
        self._showing = showing
        self._closed = closed
        self._lock = threading.Lock()
        self._lines: dict[str, Line] = {}
        #: Lines that send nothing more and wait for their last replies.
        self._closing: list[Line] = []
        self._claiming: set[int] = set()
        self._session = ""
        self._numbers = count()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, name="watch", daemon=True),
            threading.Thread(target=self._beat, name="beat", daemon=True),
        ]
        self._errands = Errands(messages=messages, sweep=self._sweep, every_s=self._beat_s, clock_s=assembly.clock_s)

    @property
    def session(self) -> str:
        """The session of this process."""
        return self._session

    def start(self) -> None:
        """Open the session and begin to look after it."""
        self._begin_session()
        for thread in self._threads:
            thread.start()
        self._errands.start()

    def run_chunk(self, chunk_id: int) -> None:
        """Take over a chunk, if it is to be had, and return when all its items are with senders."""
        with self._lock:
            if self._stopping.is_set() or chunk_id in self._claiming:
                return
            self._claiming.add(chunk_id)
            session = self._session
        try:
            chunk = self._store.chunks.claim(chunk_id, session)
            if chunk is None:
                return
            line = self._line(chunk.job_id, session)
            if line is None:
                self._let_go(session, [chunk_id])
                return
            items = self._store.items.open_between(chunk.job_id, chunk.first_item, chunk.last_item, self._now())
            if items:
                work = line.add(chunk_id, items)
        finally:
            with self._lock:
                self._claiming.discard(chunk_id)
        if not items:
            self._let_go(session, [chunk_id])
            return
        while not work.taken.wait(_TAKEN_LOOK_S) and line.stopped is None:
            pass
        if line.stopped is None:
            self._store.chunks.drain(chunk_id, session)
            self._errands.are_due()

    def stop(self) -> None:
        """Take nothing more over and send nothing more; what is in flight may finish."""
        with self._lock:
            self._stopping.set()
            for line in self._lines.values():
                line.stop("shutdown")
        self._changed.set()

    def close(self) -> None:
        """Wait for the last replies, hand the rest back, end the session."""
        self.stop()
        until_s = self._assembly.clock_s() + LAST_REPLIES_S
        with self._lock:
            lines = [*self._lines.values(), *self._closing]
        for line in lines:
            with suppress(Exception):
                line.join(max(0.0, until_s - self._assembly.clock_s()))
        self._ended.set()
        self._changed.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_WATCH_S * 4)
        self._errands.end()
        self._limits.close()
        self._flush()
        jobs = {line.job.id for line in lines}
        self._store.sessions.close(self._session)
        for job_id in jobs:
            self._settle(job_id)
        self._errands.send()

    def figures(self) -> list[LineFigures]:
        """Give the figures of the lines at work."""
        with self._lock:
            lines = [*self._lines.values(), *self._closing]
        return [figures for line in lines if (figures := line.figures())]

    def _now(self) -> datetime:
        return self._assembly.clock()

    def _begin_session(self) -> None:
        session = new_session(self._assembly.clock)
        me = self._me
        self._store.sessions.open(
            session, kind="worker", host=me.host, process=me.process, slots=me.slots, now=self._now()
        )
        with self._lock:
            self._session, self._numbers = session, count()
        _LOG.info("session %s begins", session, extra={"session": session})

    def _line(self, job_id: str, session: str) -> Line | None:
        """Give the job's line, opened; None when the job cannot be worked on here."""
        with self._lock:
            line = self._lines.get(job_id)
            if line and (line.stopped or line.session != session):
                return None
        if line is None:
            job = self._store.jobs.get(job_id)
            with self._lock:
                if self._stopping.is_set() or session != self._session:
                    return None
                line = self._lines.get(job_id)
                if line is None:
                    line = self._lines[job_id] = self._new_line(job)
        try:
            line.open()
        except StoreLostError:
            raise
        except Exception as error:  # noqa: BLE001 - what cannot be opened fails its job, or it would be tried for ever
            known = error if isinstance(error, SkuscribeError) else _defect(error)
            ids = {"job": job_id}
            _LOG.warning("job cannot be worked on: %s", known.message, extra=ids, exc_info=known is not error)
            line.stop("error")
            self._fail(job_id, known)
            return None
        return line

    def _new_line(self, job: JobRecord) -> Line:
        return Line(
            job,
            session=self._session,
            numbers=self._numbers,
            store=self._store,
            ledger=self._ledger,
            assembly=self._assembly,
            limits=self._limits,
            changed=self._changed.set,
            show=self._showing.show_of(job),
        )

    def _watch(self) -> None:
        while not self._ended.is_set():
            self._changed.wait(_WATCH_S)
            self._changed.clear()
            try:
                self._look_after()
            except StoreLostError:
                _LOG.warning("the store is out of reach; trying again")
                self._ended.wait(_WATCH_S)
            except Exception:  # noqa: BLE001 - one job's defect must not keep the others from being looked after
                _LOG.exception("looking after the jobs failed")
                self._ended.wait(_WATCH_S)

    def _look_after(self) -> None:
        with self._lock:
            lines = list(self._lines.values())
            closing = list(self._closing)
        if not (lines or closing):
            return
        standings = self._store.jobs.standing({line.job.id for line in lines})
        for line in lines:
            self._pass_on(line, standings.get(line.job.id))
        finished: dict[str, list[int]] = {}
        for line in [*lines, *closing]:
            finished.setdefault(line.session, []).extend(line.take_finished())
        # Chunks that are settled have made room when they were drained; but a job that is not proven has one at a time.
        makes_room = any(line.is_alone for line in lines)
        for session, chunk_ids in finished.items():
            self._let_go(session, chunk_ids, makes_room=makes_room)
        for line in lines:
            self._close_if_over(line)
        for line in closing:
            self._bury(line)

    def _pass_on(self, line: Line, standing: JobStanding | None) -> None:
        """Carry news between a job's row and its line."""
        job_id = line.job.id
        if line.just_proven():
            self._store.jobs.change(job_id, proven=True)
            self._errands.are_due()
        if standing is None or standing.state is not JobState.RUNNING or standing.stop_wanted or standing.error:
            line.stop(standing.stop_wanted or "over" if standing else "over")
            return
        if standing.proven:
            line.open_up()
        self._tell(line)
        if standing.deadline_at and stamp(self._now()) > standing.deadline_at:
            self._store.jobs.want_stop(job_id, StopReason.DEADLINE)

    def _tell(self, line: Line) -> None:
        """Say in the job's row what stopped a line by itself."""
        if line.stopped == "cap":
            self._store.jobs.want_stop(line.job.id, StopReason.CAP)
        elif isinstance(line.error, SkuscribeError) and not isinstance(line.error, StoreLostError):
            self._fail(line.job.id, line.error)

    def _fail(self, job_id: str, error: SkuscribeError) -> None:
        self._store.jobs.fail(job_id, error=failure.to_json(error), message=failure.told(error).message)

    def _close_if_over(self, line: Line) -> None:
        idle_s = self._assembly.clock_s() - line.idle_since_s
        with self._lock:
            if line.stopped is None:
                if line.chunks or idle_s < _IDLE_S or self._claiming:
                    return
                line.stop("idle")
            if self._lines.get(line.job.id) is line:
                del self._lines[line.job.id]
            self._closing.append(line)

    def _bury(self, line: Line) -> None:
        """Hand a stopped line's chunks back once its last replies are in."""
        try:
            if not line.join(0.01):
                return
        except Exception as defect:  # noqa: BLE001 - what a sender died of ends its job, not the worker
            _LOG.exception("a sender failed", extra={"job": line.job.id})
            self._fail(line.job.id, _defect(defect))
        # Before its chunks are free: the next one who took them would meet the same.
        self._tell(line)
        self._let_go(line.session, line.chunks)
        self._settle(line.job.id)
        with self._lock:
            self._closing.remove(line)
        if figures := line.figures():
            self._closed(figures)

    def _let_go(self, session: str, chunk_ids: list[int], *, makes_room: bool = True) -> None:
        """Let chunks go whose results are on their way to the store, and see whether their jobs are over."""
        if not chunk_ids:
            return
        self._flush()
        for job_id in self._store.chunks.release(session, chunk_ids, self._now()):
            self._settle(job_id)
        if makes_room:
            self._errands.are_due()

    def _flush(self) -> None:
        try:
            self._ledger.flush()
        except StoreError as error:
            _LOG.error("some of the ledger could not be written: %s", error.message)
            # Attempts of this session will never end: with it they are known to be lost, and their items come again.
            self._store.sessions.close(self._session)
            self._begin_anew()

    def _settle(self, job_id: str) -> None:
        state = self._store.jobs.settle(job_id, self._now())
        if state:
            _LOG.info("job is %s", state, extra={"job": job_id})
            self._errands.job_ended(job_id)

    def _beat(self) -> None:
        while not self._ended.wait(self._beat_s):
            try:
                if not self._store.sessions.beat(self._session, self._now()):
                    self._begin_anew()
            except StoreError as error:
                _LOG.warning("the store is out of reach: %s", error.message)
            except Exception:  # noqa: BLE001 - without beats the others would take this worker for dead
                _LOG.exception("a beat failed")

    def _sweep(self) -> None:
        self._free_forgotten()
        self._tick.run()

    def _free_forgotten(self) -> None:
        """Let go of chunks that the store thinks are here: claimed by an answer that never came."""
        session = self._session
        held = self._store.chunks.held(session)
        with self._lock:
            lines = [*self._lines.values(), *self._closing]
            known = {*self._claiming, *(chunk_id for line in lines for chunk_id in line.chunks)}
        self._let_go(session, [chunk for chunk in held if chunk not in known])

    def _begin_anew(self) -> None:
        """Go on as another session: this one has ended."""
        _LOG.warning("session %s has been ended", self._session, extra={"session": self._session})
        with self._lock:
            for line in self._lines.values():
                line.stop("ended")
                self._closing.append(line)
            self._lines.clear()
        self._begin_session()


def _defect(error: Exception) -> SkuscribeError:
    return SkuscribeError(f"Skuscribe has a defect here: {type(error).__name__}.", code="defect")
