"""Delivers the jobs that nobody waits for: their files go where every worker and command reaches them."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from jobs.spec import JobSpec
from jobs.store.store import Store
from outputs.targets import Targets
from templates.errors import SkuscribeError
from worker.delivery import Delivery
from worker.source_files import SourceFiles

_LOG = logging.getLogger("skuscribe.delivery")


class Detached:
    """Writes the files of detached jobs, each by one worker."""

    def __init__(self, *, store: Store, delivery: Delivery, files: SourceFiles) -> None:
        self._store = store
        self._delivery = delivery
        self._files = files

    def deliver(self, job_id: str, session: str) -> None:
        """Write a job's files and keep where they are; nothing where another session does it."""
        if not self._store.jobs.take(job_id, session):
            return
        job = self._store.jobs.get(job_id)
        spec = JobSpec.from_json(job.spec)
        with tempfile.TemporaryDirectory(prefix="skuscribe-") as folder:
            name = Path(spec.out or job.source).name
            targets = Targets(workbook=Path(folder) / name, report=Path(folder) / f"{Path(name).stem}.report.xlsx")
            try:
                self._delivery.deliver(job_id, targets, keep_where=False)
                placed = {path: self._files.put_result(job_id, path) for path in sorted(Path(folder).iterdir())}
            except SkuscribeError as error:
                # It stays this session's, so that a workbook which nobody can write is not tried for ever.
                _LOG.warning("the results could not be written: %s", error.message, extra={"job": job_id})
                self._store.jobs.change(job_id, message=error.message)
                return
        self._store.jobs.change(job_id, workbook=placed[targets.workbook], report=placed[targets.report])
        _LOG.info("the results are at %s", placed[targets.workbook], extra={"job": job_id})
