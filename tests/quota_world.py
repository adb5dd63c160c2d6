"""A driven clock, a quota that throttles by its own rule, and callers of which so many are in flight."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field

from worker.limits.pacer import Pacer


class BucketQuota:
    def __init__(self, per_s: float, capacity: float) -> None:
        self.per_s, self.capacity, self.level, self.at = per_s, capacity, capacity, 0.0

    def admits(self, now: float) -> bool:
        self.level = min(self.capacity, self.level + (now - self.at) * self.per_s)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class WindowQuota:
    """So many in any span of `window_s`, or in each calendar window when `fixed`."""

    def __init__(self, per_s: float, window_s: float, *, fixed: bool = False) -> None:
        self.most, self.window_s, self.fixed = per_s * window_s, window_s, fixed
        self.times: deque[float] = deque()

    def admits(self, now: float) -> bool:
        since = math.floor(now / self.window_s) * self.window_s if self.fixed else now - self.window_s
        while self.times and self.times[0] < since:
            self.times.popleft()
        if len(self.times) >= self.most:
            return False
        self.times.append(now)
        return True


@dataclass
class Run:
    admitted: list[float] = field(default_factory=list)
    throttled: list[float] = field(default_factory=list)

    def used(self, since: float, until: float, per_s: float) -> float:
        return sum(since <= at < until for at in self.admitted) / ((until - since) * per_s)

    @property
    def throttled_share(self) -> float:
        return len(self.throttled) / (len(self.throttled) + len(self.admitted))


def drive(
    pacer: Pacer, quota, *, until_s: float, latency_s: float = 0.5, refusal_s: float = 0.02, in_flight: int = 256
) -> Run:
    run, now, flying, free = Run(), 0.0, [], in_flight
    while now < until_s:
        wait = pacer.wait_s(now)
        next_reply = flying[0][0] if flying else math.inf
        if free and now + wait <= next_reply:
            now += wait
            ok = quota.admits(now)
            (run.admitted if ok else run.throttled).append(now)
            pacer.send(now, waited=wait > 0)
            heapq.heappush(flying, (now + (latency_s if ok else refusal_s), now, ok))
            free -= 1
            continue
        now, sent, ok = heapq.heappop(flying)
        free += 1
        if ok:
            pacer.passed(now)
        else:
            pacer.throttled(sent, now)
    return run


class NoisyQuota:
    """Throttles a share whatever the rate, on top of another quota."""

    def __init__(self, inner, share: float, seed: int = 1) -> None:
        self.inner, self.share, self.random = inner, share, random.Random(seed)

    def admits(self, now: float) -> bool:
        return self.random.random() >= self.share and self.inner.admits(now)
