"""What a job made of each item, as reports and write-back read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from jobs.choice import Choice
from jobs.usage import TokenUsage
from templates.fields import Copy


class ItemState(StrEnum):
    """Where an item stands; the order here is from best to worst, for a row's status."""

    DONE = "done"
    REUSED = "reused"
    LOCKED = "locked"
    FLAGGED = "flagged"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """One item with its copy, usage and cost."""

    #: Sheet row number of its product's lead row.
    row: int
    #: The rows that take the copy, the lead row first.
    copy_rows: tuple[int, ...]
    key: str
    #: `name@version`.
    template: str
    #: BCP 47 tag, "" when the job has no locale.
    locale: str
    state: ItemState
    copy: Copy
    #: The model that gave the copy (as asked for), "" when none did.
    model: str
    #: Lane and tier of the accepted attempt, "" when there is none.
    lane: str
    tier: str
    #: Sum over the item's attempts in this job.
    usage: TokenUsage
    #: Sum over the item's attempts in this job; None when any of them could not be priced.
    cost_usd: Decimal | None
    price_ref: str
    attempts: int
    seconds: float
    #: Stop reason of the last reply.
    finish: str
    #: Why it failed or is flagged, in words for a marketer.
    notes: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """One ledger line: an attempt's start joined with its end."""

    attempt: str
    row: int
    key: str
    template: str
    locale: str
    started_at: str
    ended_at: str
    model: str
    region: str
    lane: str
    tier: str
    realm: str
    #: `ok`, `unbilled` or `unconfirmed`.
    outcome: str
    #: Error class when it failed, "" otherwise.
    error: str
    usage: TokenUsage
    cost_usd: Decimal | None
    #: What was held against the cap while it was open.
    reserved_usd: Decimal | None
    price_ref: str
    request_id: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A job's totals, as `run --json` prints them (design 4.1)."""

    job: str
    state: str
    stop_reason: str | None
    source: str
    #: total, done, reused, locked, flagged, failed, pending.
    items: dict[str, int]
    usage: TokenUsage
    #: None when nothing could be priced.
    cost_usd: Decimal | None
    unpriced_items: int
    unconfirmed_attempts: int
    unconfirmed_usd: Decimal
    estimate_usd: Decimal | None
    #: Lane of the accepted attempt -> items.
    lanes: dict[str, int]
    requests: int
    throttled: int
    seconds: float
    simulated: bool
    #: The lane that was chosen, and why; None before one was.
    choice: Choice | None = None
    #: What the same tokens would have cost more on demand; None where no other lane was used, or it is not known.
    saved_usd: Decimal | None = None
    #: `workbook` and `report` paths, None where not written.
    outputs: dict[str, str | None] = field(default_factory=lambda: {"workbook": None, "report": None})
    #: The publish files that were asked for, by their target.
    publish: dict[str, str] = field(default_factory=dict)
