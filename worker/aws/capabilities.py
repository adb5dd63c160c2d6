from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from worker.aws.models import parse_model
from worker.model import OutputMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What a model can do; the values that stand here are those of a model that the table does not know."""

    #: The table has it, by its own id or by the beginning of it.
    known: bool = False
    #: `outputConfig.textFormat` with a JSON schema.
    structured: bool = False
    #: How a tool call is forced: `tool` by its name, `any` of the tools given, `none`.
    tool_choice: str = "none"
    #: Which of temperature and top_p are taken: `both`, `one` (temperature then), `none`.
    sampling: str = "both"
    #: Reasons before it answers; the reasoning counts as output and against `max_tokens`.
    thinks: bool = False
    #: Service tiers that it is known to have.
    tiers: tuple[str, ...] = ("default",)
    #: Quota tokens for one output token.
    burndown_rate: int = 1
    #: Shortest prefix that is cached; 0 when cache points are not supported.
    cache_min_tokens: int = 0
    cache_ttls: tuple[str, ...] = ()
    #: Where cache points may stand: `system`, `messages`, `tools`.
    cache_places: tuple[str, ...] = ()
    #: Batch inference jobs.
    batch: bool = False
    #: How their records are written: `converse` or `invoke`.
    batch_format: str = "converse"
    #: 0 when not known.
    max_output_tokens: int = 0
    #: On demand only through an inference profile.
    needs_profile: bool = False
    #: Closed for new accounts, and for those that let it rest.
    legacy: bool = False
    #: From this day on requests are refused.
    end_of_life: date | None = None
    sources: tuple[str, ...] = ()

    def is_over(self, today: date) -> bool:
        """Whether it is past its end of life."""
        return self.end_of_life is not None and today >= self.end_of_life

    def caches(self, place: str) -> bool:
        """Whether a cache point may stand there."""
        return self.cache_min_tokens > 0 and place in self.cache_places


def capability_of(base: str | None) -> Capability:
    """Give what a base model can do; the careful values for one that the table does not know."""
    return _merged(base) if base else Capability()


def output_mode(model: str) -> OutputMode:
    """Choose how JSON is asked of a model: structured output, else a forced tool, else in the prompt."""
    ref = parse_model(model)
    capability = capability_of(ref.base)
    if capability.structured:
        return OutputMode.STRUCTURED
    return OutputMode.PROMPT if capability.tool_choice == "none" else OutputMode.TOOL


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files("worker.aws").joinpath("capabilities.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _merged(base: str) -> Capability:
    merged: dict[str, Any] = {}
    sources: list[str] = []
    for pattern in sorted((name for name in _table() if _matches(name, base)), key=len):
        entry = _table()[pattern]
        merged |= entry
        sources += entry.get("sources", ())
    known = bool(merged)
    tuples = {key: tuple(value) for key, value in merged.items() if isinstance(value, list)}
    return Capability(**(merged | tuples | {"known": known, "sources": tuple(sources)}))


def _matches(pattern: str, base: str) -> bool:
    return base.startswith(pattern[:-1]) if pattern.endswith("*") else base == pattern


#: The keys that an entry of the table may have.
KEYS = frozenset(field.name for field in fields(Capability)) - {"known"}
