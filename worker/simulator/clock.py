"""The simulator's clock: the machine's, which a test may push on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any


class DrivenClock:
    """Seconds since some moment, and the time of day that they stand for."""

    def __init__(self, seconds: Callable[[], float], now: datetime) -> None:
        self._seconds = seconds
        self._started_s = seconds()
        self._started_at = now
        self._advanced_s = 0.0

    def __call__(self) -> float:
        """Give the seconds."""
        return self._seconds() + self._advanced_s

    def at(self, seconds_s: float) -> datetime:
        """Give the time of day of a moment that the clock gave."""
        return self._started_at + timedelta(seconds=seconds_s - self._started_s)

    def advance(self, seconds_s: float) -> None:
        """Push the clock on.

        Raises:
            ValueError: it would go back.
        """
        if not 0 <= seconds_s < float("inf"):
            raise ValueError(f"The clock cannot advance by {seconds_s!r} seconds.")
        self._advanced_s += seconds_s

    def as_json(self) -> dict[str, Any]:
        """Say what time it is, and how far the clock was pushed on."""
        return {"now": self.at(self()).isoformat(), "advanced_s": self._advanced_s}
