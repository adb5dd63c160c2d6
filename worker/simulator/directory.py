"""Finds the model that a request names: id, inference profile or ARN."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from worker.simulator.errors import ServiceError, invalid
from worker.simulator.models import MODELS, PROFILE_REGIONS, SimulatedModel

_UNKNOWN = "The provided model identifier is invalid."


def find_model(named: str, region: str, today: date) -> tuple[SimulatedModel, str]:
    """Find the model and the scope of its quota: `in-region`, `geo` or `global`.

    Raises:
        ServiceError: there is none, it needs an inference profile, or it is past its end of life.
    """
    model, scope = _resolve(named, region)
    if model.end_of_life and model.end_of_life <= today:
        raise ServiceError(
            "ResourceNotFoundException",
            "This model version has reached the end of its life. "
            "Please refer to the AWS documentation for more details.",
        )
    return model, scope


@lru_cache(maxsize=1024)
def _resolve(named: str, region: str) -> tuple[SimulatedModel, str]:
    identifier = named.rsplit("/", 1)[-1] if named.startswith("arn:") else named
    model = MODELS.get(identifier)
    if model:
        if not model.on_demand:
            raise invalid(
                f"Invocation of model ID {identifier} with on-demand throughput isn\u2019t supported. "
                "Retry your request with the ID or ARN of an inference profile that contains this model."
            )
        return model, "in-region"
    prefix, _, rest = identifier.partition(".")
    model = MODELS.get(rest)
    if not model or prefix not in PROFILE_REGIONS or not region.startswith(PROFILE_REGIONS[prefix]):
        raise invalid(_UNKNOWN)
    if not (model.global_profile if prefix == "global" else model.geo_profile):
        raise invalid(_UNKNOWN)
    return model, "global" if prefix == "global" else "geo"
