"""What a worker process is made of, from its first moment to its last."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from jobs.store.ledger import Ledger
from templates.errors import SkuscribeError
from worker.batch.sharing import SharedBatches
from worker.detached import Detached
from worker.host import Host
from worker.metrics import LineCollector, LineFigures, registry_of, serve_metrics
from worker.settings import Settings
from worker.tick import Tick

_LOG = logging.getLogger("skuscribe.worker")


class Hosting:
    """A worker process: its host is there from `begin` to `close`."""

    def __init__(
        self,
        *,
        settings: Settings,
        new_host: Callable[[Ledger, int, Callable[[LineFigures], None]], Host],
        new_ledger: Callable[[], Ledger],
        new_detached: Callable[[Callable[[], bool]], Detached],
        batches: SharedBatches,
        tick: Tick,
    ) -> None:
        self.settings = settings
        self.tick = tick
        self._batches = batches
        self._new_host = new_host
        self._new_ledger = new_ledger
        self._ends = threading.Event()
        self._detached = new_detached(self._ends.is_set)
        self._ledger: Ledger | None = None
        self._host: Host | None = None
        self._lock = threading.Lock()

    def begin(self, *, slots: int) -> None:
        """Open the session of this process; `slots`: chunks that it takes at a time.

        Raises:
            UserError: the port for its metrics is taken.
        """
        with self._lock:
            self._ledger = self._new_ledger()
            self._ledger.open()
            collector = LineCollector(lambda: self._host.figures() if self._host else [])
            self._host = self._new_host(self._ledger, slots, collector.closed)
            if self.settings.metrics_port:
                serve_metrics(self.settings.metrics_port, registry_of(collector))
            self._host.start()

    @property
    def host(self) -> Host:
        """The host of this process.

        Raises:
            SkuscribeError: it has not begun, as in a process that does not take chunks.
        """
        if self._host is None:
            raise SkuscribeError("This process runs no chunks.", code="worker")
        return self._host

    def run_batch(self, job_id: str) -> None:
        """Do what is due of a job's batch lane."""
        self._batches.look(job_id, self.host.session, interrupted=self._ends.is_set)

    def deliver(self, job_id: str) -> None:
        """Write the files of a detached job."""
        self._detached.deliver(job_id, self.host.session)

    def stop(self) -> None:
        """Send nothing more: the process is to end."""
        self._ends.set()
        if self._host:
            self._host.stop()

    def close(self) -> None:
        """Wait for the last replies, hand back what was not sent, end the session."""
        if self._host:
            self._host.close()
        if self._ledger:
            # What it could not write is told by then.
            with suppress(SkuscribeError):
                self._ledger.close()
