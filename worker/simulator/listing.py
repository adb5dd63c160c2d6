"""The control plane: which models there are, and whether the account may use one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from worker.simulator.errors import ServiceError
from worker.simulator.models import MODELS, SimulatedModel

_STARTED = "2025-01-01T00:00:00Z"
#: How long before its end of life a model is legacy, at the least (Bedrock user guide, model-lifecycle).
_LEGACY_BEFORE = timedelta(days=180)


def foundation_models(query: Mapping[str, str], region: str) -> dict[str, Any]:
    """List the models that are not past their end of life."""
    today = datetime.now(UTC).date()
    summaries = [
        _summary(model, region)
        for model in MODELS.values()
        if not _ended(model, today) and query.get("byProvider", model.provider) == model.provider
    ]
    kind = query.get("byInferenceType")
    kept = [summary for summary in summaries if kind is None or kind in summary["inferenceTypesSupported"]]
    return {"modelSummaries": kept if query.get("byOutputModality", "TEXT") == "TEXT" else []}


def foundation_model(model_id: str, region: str) -> dict[str, Any]:
    """Describe one model."""
    return {"modelDetails": _summary(_known(model_id), region)}


def availability(model_id: str, denied: frozenset[str]) -> dict[str, Any]:
    """Say whether the account may use a model."""
    model = _known(model_id)
    allowed = model.id not in denied
    in_region = not _ended(model, datetime.now(UTC).date())
    return {
        "modelId": model.id,
        "agreementAvailability": {"status": "AVAILABLE" if allowed else "NOT_AVAILABLE"},
        "authorizationStatus": "AUTHORIZED" if allowed else "NOT_AUTHORIZED",
        "entitlementAvailability": "AVAILABLE" if allowed else "NOT_AVAILABLE",
        "regionAvailability": "AVAILABLE" if in_region else "NOT_AVAILABLE",
    }


def _known(model_id: str) -> SimulatedModel:
    try:
        return MODELS[model_id.rsplit("/", 1)[-1]]
    except KeyError as error:
        raise ServiceError("ValidationException", "The provided model identifier is invalid.") from error


def _ended(model: SimulatedModel, today: date) -> bool:
    return model.end_of_life is not None and model.end_of_life <= today


def _summary(model: SimulatedModel, region: str) -> dict[str, Any]:
    lifecycle: dict[str, str] = {"status": "LEGACY" if model.legacy else "ACTIVE", "startOfLifeTime": _STARTED}
    if model.end_of_life:
        lifecycle["legacyTime"] = f"{model.end_of_life - _LEGACY_BEFORE}T00:00:00Z"
        lifecycle["endOfLifeTime"] = f"{model.end_of_life}T00:00:00Z"
    return {
        "modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model.id}",
        "modelId": model.id,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": [],
        # Models that only profiles reach list INFERENCE_PROFILE, which is not in the service model's enum.
        "inferenceTypesSupported": ["ON_DEMAND"] if model.on_demand else ["INFERENCE_PROFILE"],
        "modelLifecycle": lifecycle,
    }
