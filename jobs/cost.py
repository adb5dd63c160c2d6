from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_EVEN

from jobs.prices.book import PriceBook
from jobs.prices.row import PriceRow
from jobs.usage import TokenUsage

#: USD per 1,000,000 tokens times this = picodollars per token.
_PICO_PER_TOKEN = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What token counts cost by the price book."""

    #: Picodollars; None is unpriced, which is never 0.
    pico: int | None
    #: Price reference with the newest date of the rows used, "" when unpriced.
    ref: str = ""


UNPRICED = Cost(pico=None)


def billed_lane(lane: str, tier: str) -> str:
    """Name the lane whose price counts, by the service tier that Bedrock says it used.

    A flex request that was served as `default` costs the on-demand price.
    """
    if lane == "batch":
        return lane
    return "on-demand" if tier in ("", "default") else tier


def price_usage(
    book: PriceBook, usage: TokenUsage, *, model: str | None, region: str, scope: str, lane: str, on: date
) -> Cost:
    """Price what one attempt used: each token kind once, rounded half-even to picodollars.

    Unpriced when a kind that occurred has no row, and when there is no usage at all: a reply has always read tokens,
    so that zeros mean that nobody reported them.
    """
    counts = _counts(usage)
    if not counts:
        return UNPRICED
    prompt_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    pico = 0
    newest: PriceRow | None = None
    for kind, tokens in counts.items():
        row = book.rate(model, region, scope, lane, kind, on=on, input_tokens=prompt_tokens)
        if row is None:
            return UNPRICED
        pico += _pico(row, tokens, ROUND_HALF_EVEN)
        if newest is None or row.effective_from > newest.effective_from:
            newest = row
    return Cost(pico=pico, ref=newest.ref if newest else "")


def reserve_pico(
    book: PriceBook,
    *,
    input_tokens: int,
    output_tokens: int,
    model: str | None,
    region: str,
    scope: str,
    lane: str,
    cached: bool,
    on: date,
) -> int | None:
    """Give the most that a request can cost, to be held against the cap before it is sent; None when unpriced.

    Some models also cache unasked, so that the price of a cache write counts wherever it is known and dearer;
    with `cached` it must be known.
    """

    def rate(kind: str) -> PriceRow | None:
        return book.rate(model, region, scope, lane, kind, on=on, input_tokens=input_tokens)

    read, written, wrote = rate("input"), rate("cache_write_5m"), rate("output")
    if read is None or wrote is None or (cached and written is None):
        return None
    dearest = written if written and written.usd_per_million > read.usd_per_million else read
    return _pico(dearest, input_tokens, ROUND_CEILING) + _pico(wrote, output_tokens, ROUND_CEILING)


def _counts(usage: TokenUsage) -> dict[str, int]:
    counts = {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cache_read": usage.cache_read_tokens,
        "cache_write_5m": usage.cache_write_5m_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
    }
    return {kind: tokens for kind, tokens in counts.items() if tokens}


def _pico(row: PriceRow, tokens: int, rounding: str) -> int:
    return int((row.usd_per_million * _PICO_PER_TOKEN * tokens).to_integral_value(rounding=rounding))
