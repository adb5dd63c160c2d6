from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.cost import UNPRICED, billed_lane, price_usage, reserve_pico
from jobs.money import from_pico
from jobs.prices.book import PriceBook
from jobs.usage import TokenUsage

BOOK = PriceBook.load()
TODAY = date(2026, 11, 22)
LITE = {"model": "amazon.nova-lite-v1:0", "region": "us-east-1", "scope": "in-region", "lane": "on-demand", "on": TODAY}
HAIKU = LITE | {"model": "anthropic.claude-haiku-4-5-20251001-v1:0", "scope": "global"}
HAIKU_5_5 = LITE | {"model": "anthropic.claude-haiku-5-5", "scope": "global"}


def test_a_reply_costs_its_tokens_each_kind_by_its_own_price():
    cost = price_usage(BOOK, TokenUsage(input_tokens=1000, output_tokens=500), **LITE)

    assert from_pico(cost.pico) == Decimal("0.00018")
    assert cost.pico == 60_000_000 + 120_000_000
    assert cost.ref == "amazon.nova-lite-v1:0/us-east-1/in-region/on-demand@2026-08-20"


def test_cache_reads_and_writes_have_their_own_prices():
    usage = TokenUsage(
        input_tokens=10, output_tokens=20, cache_read_tokens=100, cache_write_5m_tokens=200, cache_write_1h_tokens=300
    )

    cost = price_usage(BOOK, usage, **HAIKU)

    assert from_pico(cost.pico) == (
        10 * Decimal(1) + 20 * Decimal(5) + 100 * Decimal("0.1") + 200 * Decimal("1.25") + 300 * Decimal(2)
    ) / Decimal(1_000_000)
    assert cost.ref.endswith("@2026-11-12"), "the newest date of the rows used"


def test_a_kind_without_a_price_makes_the_reply_unpriced_never_cheaper():
    usage = TokenUsage(input_tokens=10, output_tokens=20, cache_write_5m_tokens=200)

    assert price_usage(BOOK, usage, **LITE) == UNPRICED


def test_a_kind_that_did_not_occur_needs_no_price():
    assert price_usage(BOOK, TokenUsage(input_tokens=10), **LITE).pico == 600_000


def test_a_reply_that_reported_no_usage_is_unpriced():
    assert price_usage(BOOK, TokenUsage(), **LITE).pico is None


def test_a_model_that_could_not_be_told_is_unpriced():
    assert price_usage(BOOK, TokenUsage(input_tokens=1), **(LITE | {"model": None})) == UNPRICED


def test_the_context_step_counts_cached_tokens_too():
    below = price_usage(BOOK, TokenUsage(input_tokens=90_000, cache_read_tokens=10_000), **HAIKU_5_5)
    above = price_usage(BOOK, TokenUsage(input_tokens=90_000, cache_read_tokens=10_001), **HAIKU_5_5)
    long = price_usage(BOOK, TokenUsage(input_tokens=200_000, output_tokens=1), **HAIKU_5_5)

    assert below.pico == 90_000 * 100_000 + 10_000 * 10_000
    assert above.pico is None, "the price of cache reads above 100,000 tokens is not known"
    assert long.pico == 200_000 * 500_000 + 2_500_000


def test_each_kind_is_rounded_once_half_even():
    book = PriceBook(
        ("m", "us-east-1", "geo", "on-demand", kind, "0", "0.0000005", "2026-01-01", "x")
        for kind in ("input", "output")
    )
    place = {"model": "m", "region": "us-east-1", "scope": "geo", "lane": "on-demand", "on": TODAY}

    assert price_usage(book, TokenUsage(input_tokens=1), **place).pico == 0
    assert price_usage(book, TokenUsage(output_tokens=3), **place).pico == 2


@pytest.mark.parametrize(
    ("lane", "tier", "billed"),
    [
        ("on-demand", "default", "on-demand"),
        ("on-demand", "", "on-demand"),
        ("flex", "flex", "flex"),
        ("flex", "default", "on-demand"),
        ("on-demand", "priority", "priority"),
        ("on-demand", "reserved", "reserved"),
        ("batch", "default", "batch"),
    ],
)
def test_what_bedrock_served_decides_the_lane_that_is_billed(lane, tier, billed):
    assert billed_lane(lane, tier) == billed


def test_a_reservation_holds_the_most_that_the_request_can_cost():
    assert reserve_pico(BOOK, input_tokens=1000, output_tokens=500, cached=False, **LITE) == 180_000_000


def test_a_reservation_counts_the_dearer_cache_write():
    plain = reserve_pico(BOOK, input_tokens=1000, output_tokens=0, cached=True, **HAIKU)

    assert plain == 1000 * 1_250_000


def test_caching_without_a_known_price_cannot_be_reserved():
    assert reserve_pico(BOOK, input_tokens=1000, output_tokens=1, cached=True, **LITE) is None


def test_a_model_without_a_price_cannot_be_reserved():
    assert reserve_pico(BOOK, input_tokens=1, output_tokens=1, cached=False, **(LITE | {"model": "x"})) is None


_TOKENS = st.integers(min_value=0, max_value=300_000)


@given(read=_TOKENS, cached=_TOKENS, written=_TOKENS, wrote=_TOKENS)
def test_no_reply_within_the_reserved_tokens_costs_more_than_was_reserved(read, cached, written, wrote):
    usage = TokenUsage(input_tokens=read, cache_read_tokens=cached, cache_write_5m_tokens=written, output_tokens=wrote)
    for place in (HAIKU, HAIKU_5_5):
        cost = price_usage(BOOK, usage, **place)
        reserved = reserve_pico(BOOK, input_tokens=read + cached + written, output_tokens=wrote, cached=False, **place)

        assert cost.pico is None or cost.pico <= reserved


@given(st.lists(st.tuples(_TOKENS, _TOKENS), min_size=1, max_size=5))
def test_costs_add_up_exactly_because_every_price_is_whole_picodollars_a_token(parts):
    usages = [TokenUsage(input_tokens=read, output_tokens=wrote) for read, wrote in parts]
    total = TokenUsage(input_tokens=sum(read for read, _ in parts), output_tokens=sum(wrote for _, wrote in parts))
    if total == TokenUsage():
        return

    each = [price_usage(BOOK, usage, **LITE).pico or 0 for usage in usages]

    assert sum(each) == price_usage(BOOK, total, **LITE).pico
