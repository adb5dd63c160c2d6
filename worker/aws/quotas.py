"""Requests and tokens per minute of a model, as Service Quotas knows them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from worker.aws.client import probe_client
from worker.aws.endpoint import realm_of
from worker.aws.models import ModelRef

if TYPE_CHECKING:
    from boto3 import Session

#: Quota names are `On-demand model inference tokens per minute for Amazon Nova Lite` and the like; their codes differ
#: from model to model (reference: general reference, bedrock quotas, 2026-10).
_NAME = re.compile(
    r"(?P<scope>On-demand|Cross-region|Global cross-region)"
    r"(?: model inference| InvokeModel)+ (?P<what>requests|tokens) per minute for (?P<model>.+)",
    re.IGNORECASE,
)
_SCOPES = {"in-region": "on-demand", "geo": "cross-region", "global": "global cross-region"}
_WORD = re.compile(r"[a-z]+|\d+")
_PAGES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The quotas of one model in one scope; None where the account has none for it, or none was found."""

    requests_per_min: int | None
    tokens_per_min: int | None


def read_quotas(
    session: Session,
    ref: ModelRef,
    *,
    region: str,
    patience_s: float = 10.0,
    clock: Callable[[], float] = time.monotonic,
) -> Quotas | None:
    """Ask Service Quotas for a model's quotas; None when it cannot be asked, or not in time, or does not know them."""
    if ref.base is None:
        return None
    found = listed_quotas(session, region=region, patience_s=patience_s, clock=clock)
    return None if found is None else quotas_among(found, ref)


def listed_quotas(
    session: Session, *, region: str, patience_s: float, clock: Callable[[], float]
) -> Sequence[Mapping[str, Any]] | None:
    """List all quotas of Bedrock; None when they cannot be had, or not in time.

    Only AWS itself is asked: what stands in for Bedrock has quotas of its own.
    """
    stop_at = clock() + patience_s
    found: list[Mapping[str, Any]] = []
    try:
        client = probe_client(session, "service-quotas", region=region)
        if realm_of(client.meta.endpoint_url) != "aws":
            return None
        pages = client.get_paginator("list_service_quotas").paginate(
            ServiceCode="bedrock", PaginationConfig={"PageSize": 100, "MaxItems": 100 * _PAGES}
        )
        for page in pages:
            found += page.get("Quotas") or ()
            if clock() > stop_at:
                return None
    except Exception:  # noqa: BLE001 - best effort: whatever hinders it, the limits are learned or have defaults
        return None
    return found


def quotas_among(quotas: Iterable[Mapping[str, Any]], ref: ModelRef) -> Quotas | None:
    """Find a model's quotas in a list of Service Quotas by their names."""
    wanted = name_words(ref.base or "")
    values: dict[str, int] = {}
    for quota in quotas:
        name = _NAME.fullmatch(str(quota.get("QuotaName") or ""))
        value = quota.get("Value")
        if name is None or not isinstance(value, int | float) or value < 1:
            continue
        if name["scope"].casefold() == _SCOPES[ref.scope] and name_words(name["model"]) == wanted:
            values[name["what"].casefold()] = int(value)
    if not values:
        return None
    return Quotas(requests_per_min=values.get("requests"), tokens_per_min=values.get("tokens"))


def name_words(name: str) -> list[str]:
    """Give the words of a model's id or of its name in a quota, in an order of their own."""
    # `anthropic.claude-haiku-4-5-20251001-v1:0` and `Anthropic Claude Haiku 4.5 V1` are the same words.
    folded = re.sub(r"\(.*?\)|\b\d{8}\b|\bv\d+(:\d+)?\b", " ", name.casefold())
    return sorted(_WORD.findall(folded))
