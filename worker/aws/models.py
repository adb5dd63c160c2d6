"""The ids that Bedrock takes for a model, and what they say about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

#: Geographies of cross-Region inference profiles (reference: Bedrock user guide, inference-profiles-support, 2026-10).
GEOGRAPHIES = ("us", "eu", "apac", "au", "jp", "ca", "us-gov")
#: Makers whose models come with inference profiles.
_PROFILED_MAKERS = ("amazon", "anthropic", "meta", "mistral", "deepseek", "writer")
_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):bedrock:(?P<region>[a-z0-9-]*):(?P<account>\d*):(?P<resource>.+)")


class IdKind(StrEnum):
    """What an id names."""

    FOUNDATION_MODEL = "foundation-model"
    INFERENCE_PROFILE = "inference-profile"
    APPLICATION_PROFILE = "application-inference-profile"
    #: A custom, imported or provisioned model, a prompt, …: its base model is not in the id.
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A model as asked for, with what its price and its capabilities go by."""

    #: As asked for: what is sent as modelId.
    id: str
    #: Base model id; None when the id does not tell it.
    base: str | None
    #: `in-region`, `geo` or `global`: the scope of its price.
    scope: str
    kind: IdKind
    #: Region in its ARN, "" when there is none.
    region: str = ""

    @property
    def name(self) -> str:
        """The base model, or the id as asked for when the base model is not known."""
        return self.base or self.id


def parse_model(text: str) -> ModelRef:
    """Read a model id, an inference profile id or an ARN."""
    asked = text.strip()
    arn = _ARN.fullmatch(asked)
    if arn is None:
        return _from_id(asked, asked)
    kind, _, name = arn["resource"].partition("/")
    region = arn["region"]
    if kind in (IdKind.FOUNDATION_MODEL, IdKind.INFERENCE_PROFILE):
        return replace(_from_id(asked, name), region=region, kind=IdKind(kind))
    if kind == IdKind.APPLICATION_PROFILE:
        return ModelRef(id=asked, base=None, scope="in-region", kind=IdKind.APPLICATION_PROFILE, region=region)
    return ModelRef(id=asked, base=None, scope="in-region", kind=IdKind.OTHER, region=region)


def resolved_profile(ref: ModelRef, model_arns: list[str]) -> ModelRef:
    """Give an application inference profile the base model and scope of the model ARNs that it routes to."""
    parts = [parse_model(arn) for arn in model_arns]
    base = next((part.base for part in parts if part.base), None)
    if base is None:
        return ref
    regions = {part.region for part in parts}
    scope = "global" if "" in regions else "geo" if len(regions) > 1 else "in-region"
    return replace(ref, base=base, scope=scope)


def _from_id(asked: str, name: str) -> ModelRef:
    prefix, _, rest = name.partition(".")
    if prefix == "global" and rest:
        return ModelRef(id=asked, base=rest, scope="global", kind=IdKind.INFERENCE_PROFILE)
    if rest and (prefix in GEOGRAPHIES or _is_new_geography(prefix, rest)):
        return ModelRef(id=asked, base=rest, scope="geo", kind=IdKind.INFERENCE_PROFILE)
    if "/" in name:
        return ModelRef(id=asked, base=None, scope="in-region", kind=IdKind.OTHER)
    return ModelRef(id=asked, base=name, scope="in-region", kind=IdKind.FOUNDATION_MODEL)


def _is_new_geography(prefix: str, rest: str) -> bool:
    # `xx.anthropic.claude-…`: a geography that AWS opened after the list was written.
    return len(prefix) <= len("apac") and rest.split(".", 1)[0] in _PROFILED_MAKERS
