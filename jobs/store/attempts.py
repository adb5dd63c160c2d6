"""What a ledger is told about attempts and items, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jobs.results import ItemState
from jobs.usage import TokenUsage
from templates.fields import Copy


class Grant(StrEnum):
    """Whether an attempt may be sent; only the leave to do so counts as true."""

    GRANTED = "granted"
    #: Its reservation does not fit under the cap.
    CAP = "cap"
    #: Somebody has ended it or its session: others do its work.
    ENDED = "ended"

    def __bool__(self) -> bool:
        """Keep who asks only for yes or no from sending what was refused."""
        return self is Grant.GRANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An attempt that is about to be sent."""

    attempt: str
    job_id: str
    item_id: int
    session: str
    purpose: str
    model: str
    region: str
    lane: str
    realm: str
    #: Held against the cap until the attempt ends; None when it cannot be priced.
    reserved_pico: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of an item, written together with its last attempt."""

    item_id: int
    state: ItemState
    copy: Copy
    notes: str
    finish: str = ""
    tier: str = ""
    lane: str = ""
    price_ref: str = ""
    #: Where later jobs find the copy; None when it is not to be reused.
    kept_as: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an attempt ended."""

    start: Start
    #: `ok`, `unbilled` or `unconfirmed`.
    outcome: str
    error: str = ""
    tier: str = ""
    usage: TokenUsage = field(default_factory=TokenUsage)
    raw_usage: Mapping[str, Any] = field(default_factory=dict)
    cost_pico: int | None = None
    price_ref: str = ""
    request_id: str = ""
    finish: str = ""
    seconds: float = 0.0
    #: The item's result when this attempt was its last.
    finished: Finished | None = None
