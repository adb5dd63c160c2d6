"""One process's steps at a shared quota: read, decide, write unless somebody else was quicker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from worker.limits.board import Board, BoardAwayError, Posted
from worker.limits.limiter import Quotas
from worker.limits.shared_quota import SharedQuota
from worker.limits.wants import Given, Outcome, Told, Want


class _Doubt(NamedTuple):
    """A step that was written perhaps: the board went away before it said so."""

    number: int
    told: int
    given: Given
    wants: list[Want]


class Exchange:
    """Applies the steps of one process to the state on a board.

    Nothing that it was told is lost or told twice, whenever the board goes away. When the board comes back without its
    data, or with older data, the copy of the process that knows most takes their place.
    """

    def __init__(self, board: Board, process: str) -> None:
        self._board = board
        self._process = process
        self._number = 0
        self._untold: list[Told] = []
        self._doubt: _Doubt | None = None
        #: The last state that this process has written or read, and its version.
        self._version = 0
        self._state = ""
        #: The same, as long as it is at hand.
        self._quota: SharedQuota | None = None

    def step(self, told: Sequence[Told], wants: Sequence[Want]) -> Given:
        """Tell what has ended and ask for permits.

        Raises:
            BoardAwayError: nobody gets a permit now; what was told is kept and told the next time.
        """
        self._untold += told
        posted: Posted | None = self._board.read()
        while posted is not None:
            quota = self._recall(posted)
            self._settle_doubt(quota)
            self._number = max(self._number, quota.last_step(self._process)) + 1
            given = quota.step(self._process, self._number, self._untold, wants, posted.clock_s)
            state, version = quota.as_text(), max(posted.version, self._version) + 1
            self._quota = None
            try:
                seen = posted.version
                posted = self._board.swap(seen, version, state)
            except BoardAwayError:
                self._doubt = _Doubt(self._number, len(self._untold), given, list(wants))
                raise
        self._version, self._state, self._quota = version, state, quota
        self._untold.clear()
        return given

    def _recall(self, posted: Posted) -> SharedQuota:
        """Give the state to go on from: the one with most steps behind it."""
        if posted.version == self._version and self._quota:
            return self._quota
        if posted.version >= self._version and posted.state:
            self._version, self._state = posted.version, posted.state
        if not self._state:
            return SharedQuota(Quotas(), clock_s=posted.clock_s)
        return SharedQuota.from_text(self._state)

    def _settle_doubt(self, quota: SharedQuota) -> None:
        doubt, self._doubt = self._doubt, None
        if doubt and quota.last_step(self._process) == doubt.number:
            # It was written: what it told is known there, and of its permits none was used.
            del self._untold[: doubt.told]
            for want, leaves in zip(doubt.wants, doubt.given.leaves, strict=True):
                self._untold += [Told(want.asking, leave.permit, Outcome.UNUSED) for leave in leaves]
