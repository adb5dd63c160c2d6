"""What a worker does for all: it sends the messages that are due and mends what was lost, in a thread of its own.

Both may have to wait for the broker, and neither beats nor the watch for a stop may wait with them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from jobs.store.database import StoreError
from worker.messages import Messages

_LOG = logging.getLogger("skuscribe.worker")
#: How long the end of the thread is waited for: it may be waiting for the broker.
_END_S = 2.0


class Errands:
    """Sends messages as soon as it is told that some may be due, and sweeps every so often; any thread may call it."""

    def __init__(
        self, *, messages: Messages, sweep: Callable[[], None], every_s: float, clock_s: Callable[[], float]
    ) -> None:
        self._messages = messages
        self._sweep = sweep
        self._every_s = every_s
        self._clock_s = clock_s
        self._lock = threading.Lock()
        #: Jobs that have ended, of which nobody has been told yet.
        self._over: list[str] = []
        self._due = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errands", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def are_due(self) -> None:
        """Say that chunks may be due."""
        self._due.set()

    def job_ended(self, job_id: str) -> None:
        """Say that a job has ended, so that its files may have to be written."""
        with self._lock:
            self._over.append(job_id)
        self._due.set()

    def send(self) -> None:
        """Send what is due now."""
        with self._lock:
            over, self._over = self._over, []
        for job_id in over:
            self._messages.job_ended(job_id)
        self._messages.dispatch()

    def end(self) -> None:
        """Sweep no more."""
        self._ended.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    def _run(self) -> None:
        next_s = self._clock_s() + self._every_s
        while not self._ended.is_set():
            self._due.wait(max(0.0, next_s - self._clock_s()))
            self._due.clear()
            try:
                if self._clock_s() < next_s:
                    self.send()
                    continue
                next_s = self._clock_s() + self._every_s
                self._sweep()
            except StoreError as error:
                _LOG.warning("the store is out of reach: %s", error.message)
            except Exception:  # noqa: BLE001 - others' work may hang on the next one
                _LOG.exception("the sweep failed")
