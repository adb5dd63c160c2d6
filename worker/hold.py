"""The hold of a command on the job that it runs by itself: a lock on this machine, a session for the others."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from jobs.clock import Clock
from jobs.lifecycle import JobState
from jobs.store.database import StoreError
from jobs.store.store import Store
from templates.errors import UserError

#: Beats within a lease: several may be late before anybody takes a session for dead.
BEATS_A_LEASE = 6
#: Leases without a beat after which a command on another machine is taken for dead; two clocks may differ by less.
_SILENT_LEASES = 3


class Hold:
    """Lets one command at a time run a job; the lock goes with the process that holds it, however that ends."""

    def __init__(self, folder: Path, *, store: Store, clock: Clock, lease_s: float) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock
        self._lease_s = lease_s
        #: The lock tells only about commands that have it in the same folder.
        self._here = f"{platform.node()}:{folder.absolute()}"

    @contextmanager
    def on(self, job_id: str, session: str) -> Iterator[None]:
        """Hold a job for a session.

        Raises:
            UserError: another process runs it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._lock(job_id)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise running_error(job_id) from error
        try:
            self._end_former(job_id)
            self._store.sessions.open(
                session, kind="command", host=self._here, process=os.getpid(), slots=0, now=self._clock()
            )
            self._store.jobs.change(job_id, session=session)
            with self._beating(session):
                yield
        finally:
            # Where the store is out of reach, the session ends when the next one takes the job.
            with suppress(StoreError):
                self._store.sessions.close(session)
            lock.release()

    def is_running(self, job_id: str) -> bool:
        """Whether anybody runs this job at this moment: workers, or a command that holds it."""
        job = self._store.jobs.get(job_id)
        return job.state is JobState.RUNNING if job.shared else self.is_held(job_id)

    def is_held(self, job_id: str) -> bool:
        """Whether a command runs this job by itself."""
        if (self._folder / f"{job_id}.lock").exists():
            lock = self._lock(job_id)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return True
            lock.release()
        return self._is_held_elsewhere(job_id)

    def _lock(self, job_id: str) -> FileLock:
        return FileLock(self._folder / f"{job_id}.lock")

    def _is_held_elsewhere(self, job_id: str) -> bool:
        session = self._store.jobs.get(job_id).session
        found = self._store.sessions.find(session) if session else None
        if found is None or found.host == self._here:
            # Its lock is free, so it is dead.
            return False
        silent_since = self._clock() - timedelta(seconds=_SILENT_LEASES * self._lease_s)
        return datetime.fromisoformat(found.seen_at) > silent_since

    def _end_former(self, job_id: str) -> None:
        if self._is_held_elsewhere(job_id):
            raise running_error(job_id)
        former = self._store.jobs.get(job_id).session
        if former:
            self._store.sessions.close(former)

    @contextmanager
    def _beating(self, session: str) -> Iterator[None]:
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._lease_s / BEATS_A_LEASE):
                with suppress(StoreError):
                    self._store.sessions.beat(session, self._clock())

        thread = threading.Thread(target=beat, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def running_error(job_id: str) -> UserError:
    """Say that a job is being run."""
    return UserError(
        f"The job {job_id} is being run by another process.",
        fix=f"Wait for it, or stop it with `skuscribe stop {job_id}`.",
        code="running",
    )


def taken_over_error(job_id: str) -> StoreError:
    """Say that this command's session was ended by another one."""
    return StoreError(
        f"This command was silent for so long that another one took the job {job_id} over.",
        fix=f"`skuscribe status {job_id}` shows how it goes on there.",
        code="ended",
    )
