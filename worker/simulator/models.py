"""The models that the simulator serves, and what each can do: `models.toml`, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

#: Prefix of an inference profile -> start of the Regions that it may be called from ("" is every Region).
PROFILE_REGIONS = {
    "us": ("us-", "ca-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-",),
    "apac": ("ap-",),
    "au": ("ap-southeast-",),
    "jp": ("ap-northeast-",),
    "global": ("",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedModel:
    """One foundation model."""

    id: str
    name: str
    provider: str
    context_tokens: int
    max_output_tokens: int
    #: Callable by its plain id, without an inference profile.
    on_demand: bool = True
    #: Has `us.`, `eu.` … profiles.
    geo_profile: bool = False
    global_profile: bool = False
    system_prompt: bool = True
    #: How a tool call may be forced: "tool" by its name, "any" of the tools, "auto" not at all; "" has no tools.
    tool_choice: str = "auto"
    #: Which of temperature and topP it takes: "both", "one" of them, "none".
    sampling: str = "both"
    #: Reasons before it answers; the reasoning is a block of its own and counts as output.
    thinks: bool = False
    structured_output: bool = False
    tiers: tuple[str, ...] = ("default",)
    #: Output tokens count so many times against the quota.
    burndown: int = 1
    #: Fewest tokens of a prefix that is cached; 0 is no caching by cache points.
    cache_min_tokens: int = 0
    cache_ttls: tuple[str, ...] = ("5m",)
    count_tokens: bool = False
    #: Takes model invocation jobs.
    batch: bool = False
    legacy: bool = False
    end_of_life: date | None = None


def _read_models() -> dict[str, SimulatedModel]:
    read = tomllib.loads(resources.files("worker.simulator").joinpath("models.toml").read_text(encoding="utf-8"))
    return {model_id: _model(model_id, read["families"], entry) for model_id, entry in read["models"].items()}


def _model(model_id: str, families: dict[str, dict[str, Any]], entry: dict[str, Any]) -> SimulatedModel:
    family = families[entry["family"]]
    own = {name: value for name, value in entry.items() if name != "family"}
    merged: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (family | own).items()
    }
    return SimulatedModel(id=model_id, **merged)


#: Model id -> model.
MODELS = _read_models()
