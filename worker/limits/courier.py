"""Carries the wants of a process's threads to the board and the permits back: one thread for each quota."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from worker.limits.board import BoardAwayError
from worker.limits.exchange import Exchange
from worker.limits.limiter import Permit
from worker.limits.wants import Asking, Given, Leave, Outcome, Told, Want

_log = logging.getLogger(__name__)
#: What ends is told after so long, with all that has gathered.
_GATHER_S = 0.1
#: The least time between two steps, and how many times as long as a step took: what gathers meanwhile goes in one.
_GAP_S, _GAP_STEPS, _LONGEST_GAP_S = 0.02, 40, 0.1
#: Callers of one job that one step asks for.
_MOST_CALLERS = 512
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0


@dataclass(slots=True, eq=False)
class Caller:
    """A thread that waits for a permit."""

    tokens: int
    began_s: float
    #: None when it is to go without.
    permit: Permit | None = None
    leaves_s: float = 0.0
    answered: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class Desk:
    """The callers of one job in this process."""

    asking: Asking
    queue: deque[Caller] = field(default_factory=deque)
    #: How many the last step has left waiting.
    held: int = 0
    #: Whether the board takes it that somebody waits here.
    is_known: bool = False
    permits: int = 0
    waited_s: float = 0.0
    closed: threading.Event = field(default_factory=threading.Event)


class Courier:
    """Takes what has gathered to the board in one step; sleeps while there is nothing to take."""

    def __init__(self, exchange: Exchange, *, name: str, clock_s: Callable[[], float]) -> None:
        self._exchange = exchange
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._desks: list[Desk] = []
        self._told: list[Told] = []
        #: When the next step is due; None while nobody wants anything.
        self._due_s: float | None = None
        #: The earliest moment of the next one.
        self._free_s = clock_s()
        self._closed = False
        self.rate_per_s = 0.0
        self._thread = threading.Thread(target=self._run, name=f"limits {name}", daemon=True)
        self._thread.start()

    def open(self, asking: Asking) -> Desk:
        """Give a job its desk."""
        desk = Desk(asking)
        with self._changed:
            self._desks.append(desk)
            if self._closed:
                desk.closed.set()
        return desk

    def wait(self, desk: Desk, tokens: int) -> Permit | None:
        """Wait for a permit and its moment; None when the desk was closed."""
        caller = Caller(tokens, self._clock_s())
        with self._changed:
            if desk.closed.is_set():
                return None
            desk.queue.append(caller)
            if not desk.held and len(desk.queue) == 1:
                self._step_by(self._free_s)
        caller.answered.wait()
        if caller.permit is None:
            return None
        ahead_s = caller.leaves_s - self._clock_s()
        if ahead_s > 0:
            desk.closed.wait(ahead_s)
        if desk.closed.is_set():
            self.tell(Told(desk.asking, caller.permit, Outcome.UNUSED))
            return None
        return caller.permit

    def tell(self, told: Told) -> None:
        """Take note how a request ended."""
        with self._changed:
            self._told.append(told)
            self._step_by(self._clock_s() + _GATHER_S)

    def close_desk(self, desk: Desk) -> None:
        """Send home who waits at a desk."""
        with self._changed:
            self._send_home(desk)
            # The others need not wait until its silence says that it wants nothing more.
            self._step_by(self._clock_s())

    def close(self) -> None:
        """Send everybody home and tell what is left to tell."""
        with self._changed:
            self._closed = True
            for desk in self._desks:
                self._send_home(desk)
            self._changed.notify()

    def join(self, wait_s: float) -> None:
        """Wait until the last step was made, so long at the most."""
        self._thread.join(wait_s)

    @staticmethod
    def _send_home(desk: Desk) -> None:
        desk.closed.set()
        desk.held = 0
        while desk.queue:
            desk.queue.popleft().answered.set()

    def _step_by(self, due_s: float) -> None:
        if self._due_s is None or due_s < self._due_s:
            self._due_s = due_s
            self._changed.notify()

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while self._sleep():
            told, desks, wants = self._gather()
            began_s = self._clock_s()
            try:
                given = self._exchange.step(told, wants)
            except BoardAwayError as error:
                if pause_s == _FIRST_PAUSE_S:
                    _log.warning("Nobody gets a permit: Redis is out of reach (%s).", error)
                if self._pause(pause_s):
                    return
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
            except Exception:  # noqa: BLE001 - the thread must go on: others wait for what it brings
                _log.exception("A step at the limiter failed.")
                if self._pause(_LONGEST_PAUSE_S):
                    return
            else:
                if pause_s > _FIRST_PAUSE_S:
                    _log.warning("Redis is back, permits are given again.")
                pause_s = _FIRST_PAUSE_S
                self._rest(began_s)
                self._hand_out(desks, wants, given)

    def _sleep(self) -> bool:
        """Wait until a step is due; give False when none will be any more."""
        with self._changed:
            while True:
                if self._closed:
                    is_last, self._due_s = bool(self._told) or self._due_s is not None, None
                    return is_last
                now_s = self._clock_s()
                if self._due_s is not None and self._due_s <= now_s:
                    self._due_s = None
                    return True
                self._changed.wait(None if self._due_s is None else self._due_s - now_s)

    def _rest(self, began_s: float) -> None:
        took_s = self._clock_s() - began_s
        self._free_s = began_s + min(_LONGEST_GAP_S, max(_GAP_S, took_s * _GAP_STEPS))

    def _pause(self, seconds: float) -> bool:
        """Leave the board alone for a while, then step again; give whether this was the last try."""
        with self._changed:
            if not self._closed:
                self._changed.wait_for(lambda: self._closed, seconds)
            self._due_s = self._clock_s()
            return self._closed

    def _gather(self) -> tuple[list[Told], list[Desk], list[Want]]:
        with self._changed:
            told, self._told = self._told, []
            desks = [desk for desk in self._desks if desk.queue or desk.is_known]
            wants = [Want(desk.asking, [one.tokens for one in islice(desk.queue, _MOST_CALLERS)]) for desk in desks]
            self._desks = [desk for desk in self._desks if not desk.closed.is_set()]
        return told, desks, wants

    def _hand_out(self, desks: list[Desk], wants: list[Want], given: Given) -> None:
        with self._changed:
            now_s = self._clock_s()
            self.rate_per_s = given.rate_per_s
            for desk, want, leaves in zip(desks, wants, given.leaves, strict=True):
                for leave in leaves:
                    self._hand(desk, leave, now_s)
                refused = len(want.tokens) - len(leaves)
                desk.held, desk.is_known = min(len(desk.queue), refused), refused > 0
                if desk.held:
                    self._step_by(now_s + given.again_s)
                elif desk.queue:
                    # They came while the step was on its way.
                    self._step_by(self._free_s)

    def _hand(self, desk: Desk, leave: Leave, now_s: float) -> None:
        if not desk.queue:
            # It was closed meanwhile.
            self._told.append(Told(desk.asking, leave.permit, Outcome.UNUSED))
            self._step_by(now_s + _GATHER_S)
            return
        caller = desk.queue.popleft()
        caller.permit, caller.leaves_s = leave.permit, now_s + leave.after_s
        desk.permits += 1
        desk.waited_s += max(0.0, caller.leaves_s - caller.began_s)
        caller.answered.set()
