"""How fast requests may leave: at the told rate, or at one learned from Bedrock's throttles."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from worker.limits.background import Background

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
#: From this growth a second on, nothing has been throttled for so long that time alone may raise the rate.
_FREE_GROWTH = 1.03
_FIRST_CUT = 0.9
_LEAST_CUT = 0.95
_DEEPEST_CUT = 0.5
_BELOW_MEASURED = 0.98
_MOSTLY = 0.7
_MEMORY_S = 60
#: Pauses in a row in which nothing got through, after which the quota is taken as used up for its whole window.
_BLACKOUT = 3


class Pacer:
    """The rate of requests of one model in one Region; a pure state machine, its times in seconds of one clock.

    A throttle starts an epoch: everybody pauses, and the rate becomes what got through since the epoch before,
    which, while the quota is the limit, is the quota. Success then raises it slowly, and faster the longer
    nothing is throttled. Throttles of requests that left before the epoch began change nothing more, nor do
    those that come at any rate (see `Background`).
    """

    def __init__(self, *, told_per_s: float | None, now_s: float, unlimited: bool = False) -> None:
        self._ceiling_per_s = _ceiling(told_per_s)
        self.rate_per_s = min(self._ceiling_per_s, math.inf if unlimited or told_per_s else _FIRST_PER_S)
        self._next_s = now_s
        self._grown_s = now_s
        self._epoch_s = now_s
        self._epochs = 0
        self._sent = 0
        self._refused = 0
        self._paced = 0
        self._dark = 0
        self._passed: deque[tuple[int, int]] = deque()
        self._background = Background()

    def tell(self, told_per_s: float | None) -> None:
        """Take another told quota; a rate that was the old one's becomes the new one's."""
        before, self._ceiling_per_s = self._ceiling_per_s, _ceiling(told_per_s)
        if told_per_s is None:
            return
        is_untried = self.rate_per_s == before or not self._background.is_reached
        self.rate_per_s = self._ceiling_per_s if is_untried else min(self.rate_per_s, self._ceiling_per_s)

    def wait_s(self, now_s: float) -> float:
        """Say how long the next request has to wait."""
        return max(0.0, self._next_s - now_s)

    def idle_s(self, now_s: float) -> float:
        """Say for how long one could have left by now; below 0 while none could."""
        return now_s - self._next_s

    def send(self, now_s: float, *, waited: bool) -> None:
        """Count a request that leaves then; `waited` says that the pace held it back, so that more is wanted."""
        if waited:
            self._grow(now_s)
            self._paced += 1
        self._grown_s = now_s
        self._sent += 1
        self._next_s = max(self._next_s, now_s - _CATCH_UP_S) + 1 / self.rate_per_s

    def passed(self, now_s: float) -> None:
        """Count a request that got through."""
        self._remember(int(now_s))
        if self._dark >= _BLACKOUT:
            # The quota counts by longer windows than our pauses: aim at the mean that it let through.
            window_s = max(1.0, min(_MEMORY_S, now_s - self._passed[0][0]))
            self.rate_per_s = max(_SLOWEST_PER_S, sum(count for _, count in self._passed) / window_s)
        self._dark = 0
        self._background.resolved(throttled=False)

    def throttled(self, sent_s: float, now_s: float) -> None:
        """Slow down for everybody after a throttle of a request that left at `sent_s`."""
        self._refused += 1
        self._background.resolved(throttled=True)
        if (sent_s < self._epoch_s and self._epochs) or self._background.explains_late_throttles():
            return
        admitted = max(0, self._sent - self._refused)
        if admitted == 0:
            self._dark += 1
        first, late = not self._background.is_reached, self._background.late_share()
        back_per_s = self._background.cut(self.rate_per_s)
        if back_per_s is not None:
            self.rate_per_s = back_per_s
            return
        # Some were let go ahead of time, up to the latest one's.
        measured_per_s = admitted / max(max(now_s, self._grown_s) - self._epoch_s, 1e-3)
        if first:
            # Refusals are back sooner than replies: their share of what is back can be far too high.
            self._set(self._known(measured_per_s) * max(_DEEPEST_CUT, 1 - late) * _FIRST_CUT)
        else:
            self._set(self._next_rate(measured_per_s))
        pause_s = min(_LONGEST_PAUSE_S, _PAUSE_S * 2 ** min(self._dark, 10))
        self._next_s = now_s + pause_s
        self._epoch_s = self._grown_s = now_s
        self._epochs += 1
        self._sent = self._refused = self._paced = 0

    def as_plain(self) -> list[Any]:
        """Write down all but the told quota."""
        times = [round(at_s, 6) for at_s in (self._next_s, self._grown_s, self._epoch_s)]
        counts = [self._epochs, self._sent, self._refused, self._paced, self._dark]
        passed = [[second, count] for second, count in self._passed]
        return [round(self.rate_per_s, 6), times, counts, passed, self._background.as_plain()]

    def restore(self, plain: list[Any]) -> None:
        """Take up where `as_plain` left off."""
        rate_per_s, times, counts, passed, background = plain
        self.rate_per_s = min(rate_per_s, self._ceiling_per_s)
        self._next_s, self._grown_s, self._epoch_s = times
        self._epochs, self._sent, self._refused, self._paced, self._dark = counts
        self._passed = deque((second, count) for second, count in passed)
        self._background.restore(background)

    def _remember(self, second: int) -> None:
        if self._passed and self._passed[-1][0] == second:
            self._passed[-1] = (second, self._passed[-1][1] + 1)
        else:
            self._passed.append((second, 1))
        while self._passed[0][0] < second - _MEMORY_S:
            self._passed.popleft()

    def _known(self, measured_per_s: float) -> float:
        return measured_per_s if self.rate_per_s == math.inf else self.rate_per_s

    def _next_rate(self, measured_per_s: float) -> float:
        current = self._known(measured_per_s)
        if self._paced < _MOSTLY * self._sent:
            # What got through was as much as was wanted: it says nothing about the quota.
            return current * _LEAST_CUT
        return min(current * _LEAST_CUT, max(current * _DEEPEST_CUT, measured_per_s * _BELOW_MEASURED))

    def _set(self, wanted_per_s: float) -> None:
        self.rate_per_s = max(_SLOWEST_PER_S, wanted_per_s)

    def _grow(self, now_s: float) -> None:
        # A gap without requests says nothing about the quota: it counts as a second at the most.
        step_s = max(0.0, min(1.0, now_s - self._grown_s))
        growth = _growth_per_s(now_s - self._epoch_s) if self._background.is_reached else _FIRST_GROWTH_PER_S
        # A slow rate is not raised by time alone: each step has to be tried by some requests.
        most = _growth_per_request(self._sent) if self._background.is_reached and growth < _FREE_GROWTH else math.inf
        self.rate_per_s = min(self._ceiling_per_s, self.rate_per_s * min(growth**step_s, most))


def _ceiling(told_per_s: float | None) -> float:
    return math.inf if told_per_s is None else told_per_s * _SHARE_OF_TOLD


def _growth_per_s(calm_s: float) -> float:
    """Growth a second by how long nothing was throttled."""
    for until_s, growth in ((1.0, 1.0), (15.0, 1.01), (45.0, 1.03)):
        if calm_s < until_s:
            return growth
    return 1.1


def _growth_per_request(calm_requests: int) -> float:
    """The most that one request may raise the rate, by how many were not throttled before it."""
    for until, growth in ((100, 1.0005), (200, 1.005)):
        if calm_requests < until:
            return growth
    return 1.03
