from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from console.finish import as_it_stands
from console.output import summary_json
from console.web.schemas import Failure, JobList, JobSummary
from jobs.lifecycle import JobState
from jobs.results import Summary
from jobs.store.job_table import JobRecord
from worker.wiring import Parts

_MOST = 200
#: The sums of a running job are added up anew after so many times what adding them up took.
_REST = 10
_FAILURES: dict[int | str, dict[str, Any]] = {status: {"model": Failure} for status in (404, 422, 503)}

_JobId = Annotated[str, Path(description="Id of the job")]
_Limit = Annotated[int, Query(ge=1, le=_MOST, description="So many jobs at the most")]
_Before = Annotated[str | None, Query(description="Only jobs older than the one of this id: the last of a page")]


def jobs_routes(parts: Parts) -> APIRouter:
    """Give the routes that show the jobs, as `skuscribe jobs` and `skuscribe status` do."""
    router = APIRouter(prefix="/api/jobs", tags=["jobs"], responses=_FAILURES)
    summaries = _Summaries(lambda job: as_it_stands(parts, job))

    @router.get("", response_model=JobList, response_model_exclude_unset=True, summary="The jobs, newest first")
    def page(limit: _Limit = 50, before: _Before = None) -> dict[str, Any]:
        older_than = parts.store.jobs.get(before) if before else None
        found = parts.store.jobs.page(limit, before=older_than)
        return {"jobs": [summary_json(summaries.of(job)) for job in found]}

    @router.get("/{job}", response_model=JobSummary, response_model_exclude_unset=True, summary="One job as it stands")
    def one(job: _JobId) -> dict[str, Any]:
        return summary_json(summaries.of(parts.store.jobs.get(job)))

    return router


class _Summaries:
    """Summaries, those of running jobs not more often than the store bears: each reads all items of its job."""

    def __init__(self, make: Callable[[JobRecord], Summary], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock_s = clock_s
        #: By id of the job: until when it holds.
        self._running: dict[str, tuple[float, Summary]] = {}
        self._lock = threading.Lock()

    def of(self, job: JobRecord) -> Summary:
        """Give a job's summary."""
        if job.state is not JobState.RUNNING:
            self._running.pop(job.id, None)
            return self._make(job)
        # Who comes meanwhile waits for this one instead of adding up the same.
        with self._lock:
            began_s = self._clock_s()
            until_s, summary = self._running.get(job.id, (began_s, None))
            if summary is None or began_s >= until_s:
                summary = self._make(job)
                ended_s = self._clock_s()
                self._running[job.id] = (ended_s + _REST * (ended_s - began_s), summary)
            return summary
