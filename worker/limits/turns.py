"""Whose turn it is at one quota: urgent jobs first, then by weight, and nobody starves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: A process that has said nothing for so long waits no more: it is dead, or too slow to be waited for.
_SILENT_S = 0.6
#: So far, in seconds of the whole quota, may a job or a process be ahead of its turn: it need not be asked again for
#: each permit whose turn it is.
_AHEAD_S = 0.2
#: So much of what it missed may a job make up for that stopped to want for a moment, no longer than this.
_CREDIT_S, _MOMENT_S = 0.5, 1.0
#: A job of which nothing was heard for so long is forgotten.
_FORGET_S = 120.0


@dataclass(slots=True)
class _Lane:
    """One job in one process."""

    #: Seconds of the whole quota that it was given.
    served_s: float
    said_s: float
    waiting: int = 0

    def waits(self, now_s: float) -> bool:
        return self.waiting > 0 and now_s - self.said_s <= _SILENT_S


@dataclass(slots=True)
class _Job:
    #: As above, settled to what was used.
    served_s: float
    weight: float
    urgent: bool
    #: The service that the least served of its lanes had when one was chosen: where new ones start.
    reached_s: float = 0.0
    lanes: dict[str, _Lane] = field(default_factory=dict)

    @property
    def turn(self) -> float:
        return self.served_s / self.weight

    def waits(self, now_s: float) -> bool:
        return any(lane.waits(now_s) for lane in self.lanes.values())


class Turns:
    """Who may take the next permit; a pure state machine.

    The job with the least service for its weight goes first, and in it the process with the least; service is counted
    in seconds of the whole quota. Who begins to want starts level with the others.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}
        #: The turn that was reached: where newcomers start.
        self._reached = 0.0
        #: Job and process of the large request that has waited longest for tokens: smaller ones let it pass.
        self._thirsty: tuple[str, str] | None = None

    def says(self, process: str, job_id: str, *, weight: float, urgent: bool, waiting: int, now_s: float) -> None:
        """Take note how many callers of a job wait in a process."""
        job = self._jobs.get(job_id)
        if job is None:
            job = self._jobs[job_id] = _Job(self._reached * weight, weight, urgent)
        elif job.weight != weight:
            job.served_s, job.weight = job.turn * weight, weight
        job.urgent = urgent
        lane = job.lanes.get(process)
        if lane is None:
            lane = job.lanes[process] = _Lane(0.0, -_FORGET_S)
        if waiting and not lane.waits(now_s):
            self._join(job, lane, now_s)
        lane.said_s, lane.waiting = now_s, waiting
        if not waiting and self._thirsty == (job_id, process):
            self._thirsty = None

    def _join(self, job: _Job, lane: _Lane, now_s: float) -> None:
        """Let who begins to want start level with the others; who only paused for a moment keeps some of its turn."""
        if not job.waits(now_s):
            heard = max(job.lanes.values(), key=lambda other: other.said_s)
            job.served_s = max(job.served_s, self._reached * job.weight - _credit_s(heard, now_s))
        lane.served_s = max(lane.served_s, job.reached_s - _credit_s(lane, now_s))

    def forget(self, now_s: float) -> None:
        """Drop who has said nothing for long."""
        for job_id, job in list(self._jobs.items()):
            for process, lane in list(job.lanes.items()):
                if now_s - lane.said_s > _FORGET_S:
                    del job.lanes[process]
            if not job.lanes:
                del self._jobs[job_id]

    def jobs(self) -> set[str]:
        """Give the jobs that were heard of lately."""
        return set(self._jobs)

    def crowd(self, now_s: float) -> int:
        """Count who waits: each job in each process."""
        return sum(lane.waits(now_s) for job in self._jobs.values() for lane in job.lanes.values())

    def choose(self, process: str, jobs: list[str], now_s: float, *, lies_idle: bool) -> str | None:
        """Choose which of its jobs a process may serve next; None while others have their turn.

        What `lies_idle` is not taken by those whose turn it is: they are too slow, and whoever asks may have it.
        """
        thirsty = self._thirsty_now(now_s)
        waiting = {job_id: job for job_id, job in self._jobs.items() if job.waits(now_s)}
        urgent = any(job.urgent for job in waiting.values())
        if thirsty and (self._jobs[thirsty[0]].urgent or not urgent):
            # Whoever else has the turn by now: tokens gather for the large request.
            return thirsty[0] if thirsty[1] == process and thirsty[0] in jobs else None
        first = min((job.turn for job in waiting.values() if job.urgent == urgent), default=0.0)
        self._reached = max(self._reached, first)
        mine = [(waiting[job_id].turn, job_id) for job_id in jobs if job_id in waiting]
        for _, job_id in sorted(mine):
            job = waiting[job_id]
            is_level = (job.turn - first) * job.weight <= _AHEAD_S and _is_level(job, process, now_s)
            if job.urgent == urgent and (is_level or lies_idle):
                return job_id
        return None

    def serve(self, process: str, job_id: str, share_s: float) -> None:
        """Take note that a caller got a permit."""
        job = self._jobs[job_id]
        lane = job.lanes[process]
        job.served_s += share_s
        lane.served_s += share_s
        lane.waiting -= 1
        if self._thirsty == (job_id, process):
            self._thirsty = None

    def correct(self, job_id: str, share_s: float) -> None:
        """Settle what a job was given to what it used."""
        if job_id in self._jobs:
            self._jobs[job_id].served_s += share_s

    def thirst(self, process: str, job_id: str) -> None:
        """Take note that a job whose turn it is waits for tokens."""
        self._thirsty = (job_id, process)

    def as_plain(self) -> list[Any]:
        """Write all of it down."""
        jobs = {}
        for job_id, job in self._jobs.items():
            lanes = {
                name: [round(lane.served_s, 6), round(lane.said_s, 3), lane.waiting] for name, lane in job.lanes.items()
            }
            jobs[job_id] = [round(job.served_s, 6), job.weight, int(job.urgent), round(job.reached_s, 6), lanes]
        return [jobs, round(self._reached, 6), self._thirsty]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Turns:
        """Take up where `as_plain` left off."""
        turns = cls()
        jobs, turns._reached, thirsty = plain
        for job_id, (served_s, weight, urgent, reached_s, lanes) in jobs.items():
            known = {name: _Lane(*lane) for name, lane in lanes.items()}
            turns._jobs[job_id] = _Job(served_s, weight, bool(urgent), reached_s, known)
        turns._thirsty = tuple(thirsty) if thirsty else None
        return turns

    def _thirsty_now(self, now_s: float) -> tuple[str, str] | None:
        if self._thirsty:
            job_id, process = self._thirsty
            job = self._jobs.get(job_id)
            lane = job.lanes.get(process) if job else None
            if lane is None or not lane.waits(now_s):
                self._thirsty = None
        return self._thirsty


def _is_level(job: _Job, process: str, now_s: float) -> bool:
    """Whether a process is not too far ahead of the others that work on the same job."""
    first = min(lane.served_s for lane in job.lanes.values() if lane.waits(now_s))
    job.reached_s = max(job.reached_s, first)
    return job.lanes[process].served_s - first <= _AHEAD_S


def _credit_s(lane: _Lane, now_s: float) -> float:
    return _CREDIT_S if now_s - lane.said_s <= _MOMENT_S else 0.0
