"""ListModelInvocationJobs: filters, order, pages."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.invocation_jobs.job import Job
from worker.simulator.invocation_jobs.standing import Status

_MOST_RESULTS = 1000
#: How many without maxResults, and newest first without sortOrder: neither is documented.
_USUAL_RESULTS = 100


def page(jobs: Iterable[Job], query: Mapping[str, str], at: Callable[[float], datetime]) -> dict[str, Any]:
    """Give one page of jobs; `at` gives the time of day of a moment.

    Raises:
        ServiceError: the query breaks a constraint.
    """
    status, named = query.get("statusEquals"), query.get("nameContains", "")
    if status is not None and status not in list(Status):
        raise invalid(f"Value '{status}' at 'statusEquals' failed to satisfy constraint: Member must satisfy enum")
    if query.get("sortBy", "CreationTime") != "CreationTime":
        raise invalid("Value at 'sortBy' failed to satisfy constraint: Member must satisfy enum: [CreationTime]")
    after, before = _moment(query, "submitTimeAfter"), _moment(query, "submitTimeBefore")
    rising = _order(query)
    last = _last_number(query)
    found = [
        job
        for job in sorted(jobs, key=lambda job: job.number, reverse=not rising)
        if (status is None or job.status == status)
        and named in job.order.name
        and (after is None or at(job.times.submitted_s) > after)
        and (before is None or at(job.times.submitted_s) < before)
        and (last is None or (job.number > last if rising else job.number < last))
    ]
    most = _most(query)
    body: dict[str, Any] = {"invocationJobSummaries": [job.as_json(at) for job in found[:most]]}
    if len(found) > most:
        body["nextToken"] = urlsafe_b64encode(str(found[most - 1].number).encode()).decode()
    return body


def _order(query: Mapping[str, str]) -> bool:
    order = query.get("sortOrder", "Descending")
    if order not in {"Ascending", "Descending"}:
        raise invalid("Value at 'sortOrder' failed to satisfy constraint: Member must satisfy enum")
    return order == "Ascending"


def _most(query: Mapping[str, str]) -> int:
    given = query.get("maxResults", str(_USUAL_RESULTS))
    if not given.isdecimal() or not 1 <= int(given) <= _MOST_RESULTS:
        raise invalid(f"Value at 'maxResults' failed to satisfy constraint: between 1 and {_MOST_RESULTS}")
    return int(given)


def _last_number(query: Mapping[str, str]) -> int | None:
    token = query.get("nextToken")
    try:
        return int(urlsafe_b64decode(token)) if token else None
    except ValueError as error:
        raise invalid("The provided nextToken is invalid.") from error


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(query[name]) if name in query else None
    except ValueError as error:
        raise invalid(f"Value at '{name}' failed to satisfy constraint: a timestamp") from error
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
