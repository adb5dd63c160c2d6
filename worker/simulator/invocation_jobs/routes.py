"""The paths of model invocation jobs.

Source: botocore 1.44.5, service model of bedrock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from worker.simulator.errors import ServiceError
from worker.simulator.invocation_jobs.jobs import InvocationJobs
from worker.simulator.models import SimulatedModel
from worker.simulator.question import Question
from worker.simulator.request import parse_json
from worker.simulator.settings import SimulatorSettings

_PATHS = re.compile(r"/model-invocation-job(?P<many>s)?(?:/(?P<id>[^/]+)(?P<stop>/stop)?)?$")


def is_about_jobs(path: str) -> bool:
    """Whether a path is one of model invocation jobs."""
    return _PATHS.match(path) is not None


def answer_about_jobs(
    jobs: InvocationJobs,
    asked: Question,
    settings: SimulatorSettings,
    find_model: Callable[[str], SimulatedModel],
) -> dict[str, Any]:
    """Answer one of the four operations; `find_model` refuses a model that the account cannot use.

    Raises:
        ServiceError: Bedrock would refuse it.
    """
    found = _PATHS.match(asked.path)
    named = unquote(found["id"]) if found and found["id"] else ""
    stop = bool(found and found["stop"])
    match (asked.method, bool(found and found["many"]), bool(named), stop):
        case ("POST", False, False, False):
            return jobs.create(parse_json(asked.body), asked.region, settings, find_model)
        case ("GET", True, False, False):
            return jobs.listed(asked.query, asked.region)
        case ("GET", False, True, False):
            return jobs.get(named, asked.region)
        case ("POST", False, True, True):
            return jobs.stop(named, asked.region)
    raise ServiceError("UnknownOperationException", f"The simulator has no {asked.method} {asked.path}.")
