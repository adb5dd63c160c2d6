"""Tells throttles that our rate brings about from those that come at any rate."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

#: While the rate still grows: so many of the last so many outcomes throttled mean that the quota is reached.
_FIRST_WINDOW, _FIRST_THICK = 20, 6
#: Later, with a background: throttles within so many outcomes, beyond what chance (in standard deviations) explains.
_WINDOW, _CHANCE = 60, 5.0
#: So many cuts within so many outcomes, with no more throttled than this share, did not cure anything
#: when they took the rate down this far: a quota is cured by the first of them that is below it.
_CUTS, _NEAR, _MOST, _DOWN = 6, 200, 0.15, 0.6


class Background:
    """The share of throttles that has nothing to do with our rate, such as faults or another user's bursts.

    A quota that is reached by a rate that grows fast throttles thick and fast; single throttles before that are no
    reason to slow down. Later each throttle is one, until it shows that slowing down does not cure them: several cuts
    in a row with as few throttles between them. From then on only more than that share is.
    """

    def __init__(self) -> None:
        self._late: deque[bool] = deque(maxlen=_WINDOW)
        self._outcomes = 0
        self._throttles = 0
        #: (outcomes, throttles, rate) at the last cuts.
        self._cuts: deque[tuple[int, int, float]] = deque(maxlen=_CUTS)
        self.share = 0.0

    @property
    def is_reached(self) -> bool:
        """Whether the quota was ever reached."""
        return bool(self._cuts) or self.share > 0

    def resolved(self, *, throttled: bool) -> None:
        """Take the next outcome."""
        self._outcomes += 1
        self._throttles += throttled
        self._late.append(throttled)

    def explains_late_throttles(self) -> bool:
        """Whether the throttles of late are no more than what comes at any rate."""
        if not self.is_reached:
            return sum(list(self._late)[-_FIRST_WINDOW:]) < _FIRST_THICK
        if self.share == 0:
            return False
        expected = self.share * len(self._late)
        return sum(self._late) <= expected + _CHANCE * math.sqrt(expected)

    def as_plain(self) -> list[Any]:
        """Write all of it down."""
        late = "".join("x" if throttled else "." for throttled in self._late)
        cuts = [[outcomes, throttles, round(rate, 6)] for outcomes, throttles, rate in self._cuts]
        return [late, self._outcomes, self._throttles, cuts, self.share]

    def restore(self, plain: list[Any]) -> None:
        """Take up where `as_plain` left off."""
        late, self._outcomes, self._throttles, cuts, self.share = plain
        self._late = deque((sign == "x" for sign in late), maxlen=_WINDOW)
        self._cuts = deque(((outcomes, throttles, rate) for outcomes, throttles, rate in cuts), maxlen=_CUTS)

    def late_share(self) -> float:
        """Give the share of throttles among the latest outcomes."""
        late = list(self._late)[-_FIRST_WINDOW:]
        return sum(late) / len(late) if late else 0.0

    def cut(self, rate_per_s: float) -> float | None:
        """Take note that a rate is about to be cut; give the rate to go back to when cutting cures nothing."""
        self._cuts.append((self._outcomes, self._throttles, rate_per_s))
        self._late.clear()
        first_outcomes, first_throttles, first_per_s = self._cuts[0]
        outcomes = self._outcomes - first_outcomes
        is_down = rate_per_s <= _DOWN * first_per_s
        if self.share or len(self._cuts) < _CUTS or outcomes > _NEAR or not is_down:
            return None
        share = (self._throttles - first_throttles) / max(1, outcomes)
        if share > _MOST:
            return None
        self.share = share
        return max(rate for _, _, rate in self._cuts)
