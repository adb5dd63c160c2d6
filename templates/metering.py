"""What a template may spend while it renders: steps, characters and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

#: Steps between two looks at the clock: most templates end before the first.
_STEPS_PER_LOOK = 256
#: Characters that weigh as much as one step.
_CHARS_PER_STEP = 500
#: All the texts that a rendering makes on its way may be this many times its limit.
_WASTE = 25


class TooMuchError(Exception):
    """A template did more than it may; the message ends the sentence `the template …`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """How much one rendering may take."""

    #: Of the thread's own time, so that a busy machine fails no row.
    time_s: float = 2.0
    #: Of the text, and of any text on the way to it.
    characters: int = 200_000
    #: Loop turns, calls, filters and operators together.
    steps: int = 500_000


class Meter:
    """Counts what one rendering spends; belongs to one thread."""

    __slots__ = ("_chars_left", "_clock", "_ends_at_s", "_limits", "_look_at", "_steps")

    def __init__(self, limits: RenderLimits, clock: Callable[[], float] = time.thread_time) -> None:
        self._limits = limits
        self._clock = clock
        self._steps = 0
        self._look_at = _STEPS_PER_LOOK
        self._ends_at_s: float | None = None
        self._chars_left = limits.characters * _WASTE

    @property
    def most_characters(self) -> int:
        """How long a text may get."""
        return self._limits.characters

    def step(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            TooMuchError: these were too many, or the time is up.
        """
        self._steps += steps
        if self._steps >= self._look_at:
            self._look()

    def made(self, characters: int) -> None:
        """Count a text (or what weighs like one) of so many characters; ask before making it.

        Raises:
            TooMuchError: it is too long, or all of them together are.
        """
        if characters > self._limits.characters:
            raise TooMuchError(f"makes a text of more than {self._limits.characters:,} characters")
        self._chars_left -= characters
        if self._chars_left < 0:
            raise TooMuchError(f"makes more than {self._limits.characters * _WASTE:,} characters of text on its way")
        self.step(1 + characters // _CHARS_PER_STEP)

    def _look(self) -> None:
        if self._steps > self._limits.steps:
            raise TooMuchError(f"takes more than {self._limits.steps:,} steps: does a loop never end?")
        self._look_at = self._steps + _STEPS_PER_LOOK
        now_s = self._clock()
        if self._ends_at_s is None:
            self._ends_at_s = now_s + self._limits.time_s
        elif now_s > self._ends_at_s:
            raise TooMuchError(f"takes longer than {self._limits.time_s:g} s: does a loop never end?")
