"""Ends the batch-inference jobs of a job that nobody runs."""

from __future__ import annotations

from collections.abc import Callable

from jobs.store.store import Store
from worker.batch.running import BatchRun
from worker.hold import Hold


class Stopping:
    """Has jobs stopped at Bedrock whose command has gone; who resumes the job harvests what they did."""

    def __init__(self, *, store: Store, hold: Hold, run: BatchRun, new_session: Callable[[], str]) -> None:
        self._store = store
        self._hold = hold
        self._run = run
        self._new_session = new_session

    def stop(self, job_id: str, tell: Callable[[str], None]) -> bool:
        """Have a job's batch-inference jobs stopped; give whether there were any.

        Raises:
            UserError: somebody runs it at this moment.
            SkuscribeError: Bedrock cannot be asked.
        """
        if not self._store.shards.open(job_id):
            return False
        session = self._new_session()
        with self._hold.on(job_id, session):
            self._run.stop(self._store.jobs.get(job_id), session, tell)
        return True
