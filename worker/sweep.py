"""Mends what was lost: dead sessions, lost messages, jobs whose last worker died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from jobs.clock import Clock
from jobs.store.session_table import Heartbeats
from jobs.store.store import Store
from worker.broker_error import BrokerError
from worker.messages import Messages

#: A message that no queue holds is lost when its chunk was not taken for so long.
_LOST_S = 5.0
_LOG = logging.getLogger("skuscribe.sweep")


class Sweep:
    """One look at everything that may be stuck; every worker and the tick do it, each by its own clock."""

    def __init__(
        self, *, store: Store, messages: Messages, lease_s: float, clock: Clock, clock_s: Callable[[], float]
    ) -> None:
        self._store = store
        self._messages = messages
        self._lease_s = lease_s
        self._clock = clock
        self._clock_s = clock_s
        self._heartbeats = Heartbeats(lease_s=lease_s)
        self._lock = threading.Lock()

    def run(self) -> None:
        """End sessions that are silent, queue again what lost its message, settle what nobody settled.

        Raises:
            StoreError: the store is out of reach; nothing is lost by trying again.
        """
        with self._lock:
            self._end_the_dead()
            self._find_lost_messages()
            self._messages.dispatch()
            self._messages.batches()
            self._end_jobs()

    def _end_the_dead(self) -> None:
        for session, beat in self._heartbeats.observe(self._store.sessions.beats(), self._clock_s()):
            if self._store.sessions.end_dead(session, beat):
                _LOG.warning("session %s is silent: its work is given to others", session, extra={"session": session})

    def _find_lost_messages(self) -> None:
        try:
            patience_s = self._lease_s if self._messages.waiting() else min(self._lease_s, _LOST_S)
        except BrokerError as error:
            _LOG.warning("%s", error.message)
            return
        again = self._store.chunks.requeue(queued_before=self._clock() - timedelta(seconds=patience_s))
        if again:
            _LOG.warning("%d messages were lost: they are sent again", again)

    def _end_jobs(self) -> None:
        for job_id in self._store.jobs.running():
            if self._store.jobs.settle(job_id, self._clock()):
                self._messages.job_ended(job_id)
        for job_id in self._store.jobs.undelivered():
            self._messages.job_ended(job_id)
