"""How fast requests may leave: at the told rate, or at one learned from Bedrock's throttles."""

from __future__ import annotations

import math
from collections import deque

#: Share of a told quota that is used: what is left covers two clocks that do not quite agree.
_SHARE_OF_TOLD = 0.985
#: With no quota told: the first rate, and its growth a second until the first throttle.
_FIRST_PER_S = 20.0
_FIRST_GROWTH_PER_S = 3.0
_SLOWEST_PER_S = 0.1
#: Missed time that may be made up at once, so that a late wake-up loses no rate.
_CATCH_UP_S = 0.1
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 8.0
_FIRST_CUT = 0.7
_LEAST_CUT = 0.95
_DEEPEST_CUT = 0.5
_BELOW_MEASURED = 0.98
_MEMORY_S = 60
#: Pauses in a row in which nothing got through, after which the quota is taken as used up for its whole window.
_BLACKOUT = 3


class Pacer:
    """The rate of requests of one model in one Region; a pure state machine, its times in seconds of one clock.

    A throttle starts an epoch: everybody pauses, and the rate becomes what got through since the epoch before,
    which, while the quota is the limit, is the quota. Success then raises it slowly, and faster the longer
    nothing is throttled. Throttles of requests that left before the epoch began change nothing more.
    """

    def __init__(self, *, told_per_s: float | None, now_s: float, unlimited: bool = False) -> None:
        self._ceiling_per_s = math.inf if told_per_s is None else told_per_s * _SHARE_OF_TOLD
        if unlimited:
            self.rate_per_s = math.inf
        else:
            self.rate_per_s = min(self._ceiling_per_s, _FIRST_PER_S) if told_per_s is None else self._ceiling_per_s
        self._next_s = now_s
        self._grown_s = now_s
        self._epoch_s = now_s
        self._epochs = 0
        self._sent = 0
        self._refused = 0
        self._dark = 0
        self._passed: deque[tuple[int, int]] = deque()

    def wait_s(self, now_s: float) -> float:
        """Say how long the next request has to wait."""
        return max(0.0, self._next_s - now_s)

    def send(self, now_s: float, *, waited: bool) -> None:
        """Count a request that leaves now; `waited` says that the pace held it back, so that more is wanted."""
        if waited:
            self._grow(now_s)
        self._grown_s = now_s
        self._sent += 1
        self._next_s = max(self._next_s, now_s - _CATCH_UP_S) + 1 / self.rate_per_s

    def passed(self, now_s: float) -> None:
        """Count a request that got through."""
        second = int(now_s)
        if self._passed and self._passed[-1][0] == second:
            self._passed[-1] = (second, self._passed[-1][1] + 1)
        else:
            self._passed.append((second, 1))
        while self._passed[0][0] < second - _MEMORY_S:
            self._passed.popleft()
        if self._dark >= _BLACKOUT:
            # The quota counts by longer windows than our pauses: aim at the mean that it let through.
            window_s = max(1.0, min(_MEMORY_S, now_s - self._passed[0][0]))
            self.rate_per_s = max(_SLOWEST_PER_S, sum(count for _, count in self._passed) / window_s)
        self._dark = 0

    def throttled(self, sent_s: float, now_s: float) -> None:
        """Slow down for everybody after a throttle of a request that left at `sent_s`."""
        self._refused += 1
        if sent_s < self._epoch_s and self._epochs:
            return
        admitted = max(0, self._sent - self._refused)
        if admitted == 0:
            self._dark += 1
        self._cut(admitted, max(now_s - self._epoch_s, 1e-3))
        pause_s = min(_LONGEST_PAUSE_S, _PAUSE_S * 2 ** min(self._dark, 10))
        self._next_s = now_s + pause_s
        self._epoch_s = self._grown_s = now_s
        self._epochs += 1
        self._sent = self._refused = 0

    def _cut(self, admitted: int, elapsed_s: float) -> None:
        current = min(self.rate_per_s, admitted / elapsed_s * 2 if self.rate_per_s == math.inf else self.rate_per_s)
        if self._epochs == 0:
            wanted = current * _FIRST_CUT
        else:
            measured = admitted / elapsed_s * _BELOW_MEASURED
            wanted = min(current * _LEAST_CUT, max(current * _DEEPEST_CUT, measured))
        self.rate_per_s = max(_SLOWEST_PER_S, wanted)

    def _grow(self, now_s: float) -> None:
        # A gap without requests says nothing about the quota: it counts as a second at the most.
        step_s = min(1.0, now_s - self._grown_s)
        calm_s = now_s - self._epoch_s
        growth = _FIRST_GROWTH_PER_S if self._epochs == 0 else 1 + _growth_per_s(calm_s)
        self.rate_per_s = min(self._ceiling_per_s, self.rate_per_s * growth**step_s)


def _growth_per_s(calm_s: float) -> float:
    """Growth a second by how long nothing was throttled: (seconds, growth) steps."""
    for until_s, growth in ((1.0, 0.0), (15.0, 0.01), (45.0, 0.03)):
        if calm_s < until_s:
            return growth
    return 0.1
