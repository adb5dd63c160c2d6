from __future__ import annotations

from worker.sweep import Sweep


class Tick:
    """The one periodic task: does what is due, whichever process calls it."""

    def __init__(self, sweep: Sweep | None) -> None:
        #: None where no workers share jobs, so that nothing of theirs can be stuck.
        self._sweep = sweep

    def run(self) -> None:
        """Do what is due.

        Raises:
            StoreError: the store is out of reach; the next tick does it.
        """
        if self._sweep:
            self._sweep.run()
