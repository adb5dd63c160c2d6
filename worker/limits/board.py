"""The port of the place where the processes that share a quota keep its state."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class BoardAwayError(Exception):
    """The board cannot be reached; nobody gets a permit until it can."""


class Posted(NamedTuple):
    """What stands on the board."""

    #: The board's own clock.
    clock_s: float
    #: 0 when nothing stands there; it only grows, unless the board lost its data.
    version: int
    state: str


class Board(Protocol):
    """Keeps the state of one quota."""

    def read(self) -> Posted:
        """Read the state.

        Raises:
            BoardAwayError: it cannot be reached.
        """

    def swap(self, seen: int, version: int, state: str) -> Posted | None:
        """Write a new state in the place of the version that was seen; give what stands there if that is another one.

        Raises:
            BoardAwayError: it cannot be reached, or went away before it said whether it has written.
        """
