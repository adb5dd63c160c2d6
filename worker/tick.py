from __future__ import annotations

from collections.abc import Callable, Sequence

from worker.sweep import Sweep


class Tick:
    """The one periodic task: does what is due, whichever process calls it."""

    def __init__(self, sweep: Sweep | None, *, first: Sequence[Callable[[], None]] = ()) -> None:
        #: None where no workers share jobs, so that nothing of theirs can be stuck.
        self._sweep = sweep
        self._first = first

    def after(self, errand: Callable[[], None]) -> Tick:
        """Give a tick that does something else before it."""
        return Tick(self._sweep, first=(errand, *self._first))

    def run(self) -> None:
        """Do what is due.

        Raises:
            StoreError: the store is out of reach; the next tick does it.
        """
        for errand in self._first:
            errand()
        if self._sweep:
            self._sweep.run()
