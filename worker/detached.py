"""Delivers the jobs that nobody waits for: their files go where every worker and command reaches them."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jobs.spec import JobSpec
from jobs.store.database import StoreLostError
from jobs.store.patience import patiently
from jobs.store.store import Store
from outputs.targets import Targets
from templates.errors import AccessError, SkuscribeError
from worker.delivery import Delivery
from worker.source_files import SourceFiles

#: Errors of files that somebody can mend meanwhile: a full disk, a share that is not mounted.
_PASSING = ("disk", "files")
_LOG = logging.getLogger("skuscribe.delivery")


class Detached:
    """Writes the files of detached jobs, each by one worker.

    `ends`: whether this process is to end; `patience_s`: how long a lost store is waited for.
    """

    def __init__(
        self,
        *,
        store: Store,
        delivery: Delivery,
        files: SourceFiles,
        ends: Callable[[], bool],
        patience_s: float,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._files = files
        self._ends = ends
        self._patience_s = patience_s
        self._sleep = sleep

    def deliver(self, job_id: str, session: str) -> None:
        """Write a job's files and keep where they are; nothing where another session does it.

        Raises:
            StoreLostError: the store is away for long; who takes this session's work delivers the job.
        """
        try:
            if self._store.jobs.take(job_id, session):
                self._write(job_id)
        except StoreLostError as error:
            _LOG.warning("the results are written later: %s", error.message, extra={"job": job_id})
            # It may be this session's by now, and as long as it is nobody else would.
            patiently(
                lambda: self._store.jobs.change(job_id, session=None),
                most_s=self._patience_s,
                sleep=self._sleep,
                clock_s=time.monotonic,
                stop=self._ends,
            )

    def _write(self, job_id: str) -> None:
        job = self._store.jobs.get(job_id)
        spec = JobSpec.from_json(job.spec)
        with tempfile.TemporaryDirectory(prefix="skuscribe-") as folder:
            name = Path(spec.out or job.source).name
            targets = Targets(workbook=Path(folder) / name, report=Path(folder) / f"{Path(name).stem}.report.xlsx")
            try:
                self._delivery.deliver(job_id, targets, keep_where=False)
                placed = {path: self._files.put_result(job_id, path) for path in sorted(Path(folder).iterdir())}
            except StoreLostError:
                raise
            except SkuscribeError as error:
                _LOG.warning("the results could not be written: %s", error.message, extra={"job": job_id})
                # What can pass is tried again by whoever sweeps next. Else it stays this session's, so that a workbook
                # which nobody can write is not tried for ever.
                passing = {"session": None} if isinstance(error, AccessError) or error.code in _PASSING else {}
                self._store.jobs.change(job_id, message=error.message, **passing)
                return
        self._store.jobs.change(job_id, workbook=placed[targets.workbook], report=placed[targets.report])
        _LOG.info("the results are at %s", placed[targets.workbook], extra={"job": job_id})
