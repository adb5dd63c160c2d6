"""One quota and all that share it: jobs, processes; what is kept in Redis between two steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from worker.limits.allowance import Allowance
from worker.limits.limiter import Quotas
from worker.limits.turns import Turns
from worker.limits.wants import Given, Leave, Outcome, Told, Want

#: So far ahead may permits be given: their requests leave in time, whenever the processes ask.
_HORIZON_S = 0.2
#: A process that got no permit asks again after so long, or sooner when one is due; in a crowd after longer, so that
#: all together do not ask more often than they can be answered, but soon enough to be known to wait.
_AGAIN_S = _HORIZON_S / 2
_CROWD_S = 0.0125
_SOONEST_S, _LATEST_S = 0.02, 0.3
#: What nobody has taken for so long is for whoever asks.
_IDLE_S = 0.02
#: A clock that leaps counts as having gone on for so long.
_LEAP_S = 60.0
_FORGET_S = 120.0


class SharedQuota:
    """The rules of one quota; a pure state machine, its times in seconds of one clock that is handed in.

    That clock may go back or leap, as Redis's does when another machine takes its place: inside, time only goes on,
    and never more than a minute at once.
    """

    def __init__(self, quotas: Quotas, *, clock_s: float) -> None:
        self._clock_s = clock_s
        self._now_s = 0.0
        self._allowance = Allowance(quotas, now_s=0.0)
        self._turns = Turns()
        #: What each job was told.
        self._told: dict[str, Quotas] = {}
        #: The last step of each process, and when it was.
        self._steps: dict[str, tuple[int, float]] = {}

    def last_step(self, process: str) -> int:
        """Give the number of the last step of a process; 0 when there was none."""
        return self._steps.get(process, (0, 0.0))[0]

    def step(self, process: str, number: int, told: Sequence[Told], wants: Sequence[Want], clock_s: float) -> Given:
        """Take what a process has to tell, and give it the permits that it may have now."""
        now_s = self._tick(clock_s)
        self._steps[process] = (number, now_s)
        for end in told:
            self._settle(end, now_s)
        callers = Counter[str]()
        for want in wants:
            callers[want.asking.job] += len(want.tokens)
        for want in wants:
            asking = want.asking
            self._told[asking.job] = asking.quotas
            self._turns.says(
                process,
                asking.job,
                weight=asking.weight,
                urgent=asking.urgent,
                waiting=callers[asking.job],
                now_s=now_s,
            )
        self._forget(now_s)
        self._allowance.tell(self._quotas(), now_s)
        leaves: list[list[Leave]] = [[] for _ in wants]
        again_s = self._serve(process, wants, leaves, now_s)
        return Given(leaves, again_s, self._allowance.rate_per_s)

    def _serve(self, process: str, wants: Sequence[Want], leaves: list[list[Leave]], now_s: float) -> float:
        """Give permits until none is due or it is another's turn; say when to ask again."""
        waiting: dict[str, list[int]] = {}
        for at, want in enumerate(wants):
            if want.tokens:
                waiting.setdefault(want.asking.job, []).append(at)
        allowance, turns = self._allowance, self._turns
        again_s = min(_LATEST_S, max(_AGAIN_S, turns.crowd(now_s) * _CROWD_S))
        least = min((want.tokens[0] for want in wants if want.tokens), default=0)
        lies_idle = allowance.idle_s(least, now_s) > _IDLE_S
        while waiting:
            lies_idle = lies_idle and allowance.pace_wait_s(now_s) <= _AGAIN_S
            job = turns.choose(process, list(waiting), now_s, lies_idle=lies_idle)
            if job is None:
                break
            at = waiting[job][0]
            queue, given = wants[at].tokens, leaves[at]
            tokens = queue[len(given)]
            pace_s, tokens_s = allowance.pace_wait_s(now_s), allowance.tokens_wait_s(tokens, now_s)
            wait_s = max(pace_s, tokens_s)
            if wait_s > _HORIZON_S:
                if tokens_s > _HORIZON_S:
                    turns.thirst(process, job)
                return min(_LATEST_S, max(_SOONEST_S, wait_s - _AGAIN_S, again_s - _AGAIN_S))
            waited = pace_s > 0 or (tokens_s <= 0 and len(queue) > len(given) + 1)
            permit = allowance.grant(tokens, now_s, after_s=wait_s, waited=waited)
            turns.serve(process, job, permit.share_s)
            given.append(Leave(permit, wait_s))
            if len(given) == len(queue):
                waiting[job].pop(0)
                if not waiting[job]:
                    del waiting[job]
        return again_s

    def _settle(self, end: Told, now_s: float) -> None:
        permit, allowance = end.permit, self._allowance
        used_s = 0.0
        if end.outcome is Outcome.PASSED:
            allowance.settle(permit, end.used_tokens, now_s)
            used_s = allowance.share_s(end.used_tokens)
        elif end.outcome is Outcome.THROTTLED:
            allowance.throttled(permit, now_s)
        else:
            allowance.cancel(permit, now_s)
        self._turns.correct(end.asking.job, used_s - permit.share_s)

    def _quotas(self) -> Quotas:
        """Give the least of what was told for any job; when none is left, what was told last."""
        if not self._told:
            return self._allowance.quotas
        told = self._told.values()
        rpm = min((one.requests_per_min for one in told if one.requests_per_min is not None), default=None)
        tpm = min((one.tokens_per_min for one in told if one.tokens_per_min is not None), default=None)
        return Quotas(rpm, tpm)

    def _forget(self, now_s: float) -> None:
        self._turns.forget(now_s)
        known = self._turns.jobs()
        self._told = {job: quotas for job, quotas in self._told.items() if job in known}
        self._steps = {name: step for name, step in self._steps.items() if now_s - step[1] < _FORGET_S}

    def _tick(self, clock_s: float) -> float:
        self._now_s = round(self._now_s + min(_LEAP_S, max(0.0, clock_s - self._clock_s)), 6)
        self._clock_s = clock_s
        return self._now_s

    def as_text(self) -> str:
        """Write all of it down as compact JSON."""
        told = {job: [quotas.requests_per_min, quotas.tokens_per_min] for job, quotas in self._told.items()}
        plain = [
            [round(self._clock_s, 6), self._now_s],
            self._allowance.as_plain(),
            self._turns.as_plain(),
            told,
            self._steps,
        ]
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str | bytes) -> SharedQuota:
        """Take up where `as_text` left off."""
        times, allowance, turns, told, steps = json.loads(text)
        quota = cls(Quotas(), clock_s=times[0])
        quota._now_s = times[1]
        quota._allowance = Allowance.from_plain(allowance)
        quota._turns = Turns.from_plain(turns)
        quota._told = {job: Quotas(*one) for job, one in told.items()}
        quota._steps = {name: (number, at_s) for name, (number, at_s) in steps.items()}
        return quota
