from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

SCOPES = ("in-region", "geo", "global")
LANES = ("on-demand", "flex", "batch", "priority")
KINDS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
COLUMNS = (
    "model",
    "region",
    "scope",
    "lane",
    "kind",
    "context_above_tokens",
    "usd_per_million",
    "effective_from",
    "source",
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One price: what a million tokens of a kind cost, from which day on, and who says so."""

    #: Base model id, without a profile prefix.
    model: str
    #: Source Region.
    region: str
    scope: str
    lane: str
    kind: str
    #: The price holds for prompts of more tokens than this.
    context_above_tokens: int
    usd_per_million: Decimal
    effective_from: date
    source: str

    @property
    def ref(self) -> str:
        """The price reference that the ledger keeps: `model/region/scope/lane@date`."""
        return f"{self.model}/{self.region}/{self.scope}/{self.lane}@{self.effective_from.isoformat()}"


def trusted_row(cells: tuple[str, ...]) -> PriceRow:
    """Read a line of the book's own file, in the order of `COLUMNS`."""
    model, region, scope, lane, kind, above, usd, effective_from, source = cells
    return PriceRow(
        model=model,
        region=region,
        scope=scope,
        lane=lane,
        kind=kind,
        context_above_tokens=int(above),
        usd_per_million=Decimal(usd),
        effective_from=date.fromisoformat(effective_from),
        source=source,
    )


def problems_of(cells: Mapping[str, str]) -> list[str]:
    """Say what is wrong with a line of a user's price file; nothing when it can be read."""
    return [f'{name} is "{cells[name]}"; it must be {wanted}' for name, wanted, ok in _RULES if not ok(cells[name])]


def _is_price(text: str) -> bool:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        return False
    return usd.is_finite() and 0 <= usd < 100_000  # noqa: PLR2004 - no token price has ever been near it


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


_RULES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("model", "a base model id such as amazon.nova-lite-v1:0", lambda text: bool(re.fullmatch(r"\S+", text))),
    ("region", "an AWS Region such as eu-west-1", lambda text: bool(_REGION.fullmatch(text))),
    ("scope", "in-region, geo or global", lambda text: text in SCOPES),
    ("lane", "on-demand, flex, batch or priority", lambda text: text in LANES),
    ("kind", "one of " + ", ".join(KINDS), lambda text: text in KINDS),
    ("context_above_tokens", "a whole number, 0 for the ordinary price", lambda text: text.isdecimal()),
    ("usd_per_million", "USD per 1,000,000 tokens, such as 0.06", _is_price),
    ("effective_from", "a date such as 2026-08-20", _is_date),
    ("source", "where the price was read", bool),
)
