"""Processes that share one quota, on a driven clock: what their couriers do, and a Bedrock that throttles."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from worker.limits.limiter import Quotas
from worker.limits.shared_quota import SharedQuota
from worker.limits.wants import Asking, Outcome, Told, Want
from worker.simulator.quota import Quota

_GATHER_S, _GAP_S = 0.1, 0.04


@dataclass
class Work:
    """What one job sends in one process: so many threads, each asking again when its request has ended."""

    job: str
    threads: int = 24
    weight: float = 1.0
    urgent: bool = False
    #: Reserved and used tokens of a request: the same always, or drawn.
    reserved: int = 100
    used: int = 100
    latency_s: float = 1.0
    #: Seconds that a thread rests between two requests.
    rest_s: float = 0.0
    since_s: float = 0.0
    until_s: float = 1e9


@dataclass
class Sent:
    job: str
    process: str
    at_s: float
    waited_s: float
    used: int
    ok: bool
    ended_s: float


@dataclass
class _Process:
    name: str
    works: list[Work]
    queues: list[deque] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    poll_s: float | None = None
    number: int = 0
    alive: bool = True
    slow_s: float = 0.0


class World:
    """Runs until told; `bedrock` has the rule, `jumps` are what is added to the shared clock from a moment on."""

    def __init__(self, bedrock: Quota, quotas: Quotas, *, jumps=()):
        self.bedrock, self.quotas, self.jumps = bedrock, quotas, jumps
        self.state = SharedQuota(Quotas(), clock_s=1e9).as_text()
        self.sent: list[Sent] = []
        self.processes: list[_Process] = []
        self.most_state = 0
        self._random = random.Random(1)
        self._events: list = []
        self._order = count()
        self._now = 0.0

    def process(self, *works, slow_s=0.0):
        """Add a process; `slow_s`: how much later than it should it asks."""
        process = _Process(f"p{len(self.processes)}", list(works), [deque() for _ in works], slow_s=slow_s)
        self.processes.append(process)
        for at, work in enumerate(works):
            for thread in range(work.threads):
                self._at(work.since_s + thread * 1e-4, self._ask, process, at)
        return process

    def kill(self, process, at_s):
        self._at(at_s, self._kill, process)

    def run(self, until_s):
        while self._events and self._events[0][0] <= until_s:
            self._now, _, act, arguments = heapq.heappop(self._events)
            act(*arguments)
        return self

    def used(self, since_s, until_s, *, job=None):
        """Tokens of the requests that ended in a span."""
        return sum(one.used for one in self._ended(since_s, until_s) if job in (None, one.job))

    def requests(self, since_s, until_s, *, job=None):
        return sum(job in (None, one.job) for one in self._ended(since_s, until_s))

    @property
    def throttled_share(self):
        return sum(not one.ok for one in self.sent) / len(self.sent)

    def _ended(self, since_s, until_s):
        return [one for one in self.sent if one.ok and since_s <= one.ended_s < until_s]

    def _at(self, at_s, act, *arguments):
        heapq.heappush(self._events, (at_s, next(self._order), act, arguments))

    def _clock_s(self):
        return 1e9 + self._now + sum(added for since_s, added in self.jumps if since_s <= self._now)

    def _kill(self, process):
        process.alive = False

    def _ask(self, process, at):
        if not process.alive or self._now >= process.works[at].until_s:
            return
        process.queues[at].append(self._now)
        if len(process.queues[at]) == 1:
            self._poll_by(process, self._now + self._random.uniform(0.001, _GAP_S))

    def _poll_by(self, process, at_s):
        at_s += process.slow_s
        if process.poll_s is None or at_s < process.poll_s:
            process.poll_s = at_s
            self._at(at_s, self._poll, process, at_s)

    def _poll(self, process, due_s):
        if process.poll_s != due_s or not process.alive:
            return
        process.poll_s = None
        wants = [
            Want(
                Asking(job=work.job, weight=work.weight, urgent=work.urgent, quotas=self.quotas),
                [work.reserved] * len(queue),
            )
            for work, queue in zip(process.works, process.queues, strict=True)
        ]
        process.number += 1
        quota = SharedQuota.from_text(self.state)
        given = quota.step(process.name, process.number, process.told, wants, self._clock_s())
        self.state = quota.as_text()
        self.most_state = max(self.most_state, len(self.state))
        process.told = []
        for at, leaves in enumerate(given.leaves):
            for leave in leaves:
                asked_s = process.queues[at].popleft()
                self._at(self._now + leave.after_s, self._send, process, at, leave.permit, asked_s)
        if any(process.queues):
            self._poll_by(process, self._now + given.again_s * self._random.uniform(0.95, 1.1))

    def _send(self, process, at, permit, asked_s):
        if not process.alive:
            return
        work = process.works[at]
        ok = not self.bedrock.take(work.reserved, self._now)
        took_s = work.latency_s * self._random.uniform(0.7, 1.3) if ok else 0.02
        self.sent.append(
            Sent(work.job, process.name, self._now, self._now - asked_s, work.used if ok else 0, ok, self._now + took_s)
        )
        self._at(self._now + took_s, self._end, process, at, permit, ok)

    def _end(self, process, at, permit, ok):
        work = process.works[at]
        if ok:
            self.bedrock.settle(work.reserved, work.used, self._now)
        if not process.alive:
            return
        asking = Asking(job=work.job)
        outcome = Outcome.PASSED if ok else Outcome.THROTTLED
        process.told.append(Told(asking, permit, outcome, work.used if ok else 0))
        self._poll_by(process, self._now + _GATHER_S)
        self._at(self._now + work.rest_s, self._ask, process, at)


def bedrock(*, rpm=0.0, tpm=0.0, burst_s=10.0):
    """The simulator's quota."""
    return Quota(rpm=rpm, tpm=tpm, burst_s=burst_s, now_s=0.0)
