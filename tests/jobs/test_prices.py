from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from importlib import resources

import pytest

from jobs.prices.book import PriceBook
from jobs.prices.row import COLUMNS, problems_of

TODAY = date(2026, 11, 22)
KEY = ("m.one-v1:0", "us-east-1", "in-region", "on-demand", "input")


def line(usd, day, *, key=KEY, above=0, source="a page"):
    return (*key, str(above), usd, day, source)


def rate(book, *, on=TODAY, input_tokens=10, key=KEY):
    return book.rate(*key, on=on, input_tokens=input_tokens)


@pytest.fixture(scope="module")
def book():
    return PriceBook.load()


def test_the_book_has_all_48_models_in_up_to_five_regions(book):
    rows = book.rows()

    assert len(book.models) == 48
    assert {row.region for row in rows} == {"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "eu-north-1"}


def test_every_line_of_the_book_would_pass_as_a_users_own():
    text = resources.files("jobs.prices").joinpath("bedrock.csv").read_text(encoding="utf-8")
    problems = [(row, problems_of(row)) for row in csv.DictReader(text.splitlines()) if problems_of(row)]

    assert problems == []


def test_no_two_rows_of_the_book_have_the_same_key_and_date(book):
    keys = [
        (row.model, row.region, row.scope, row.lane, row.kind, row.context_above_tokens, row.effective_from)
        for row in book.rows()
    ]

    assert len(set(keys)) == len(keys)


def test_prices_have_at_most_six_decimals_so_that_a_token_is_a_whole_number_of_picodollars(book):
    assert all(row.usd_per_million == row.usd_per_million.quantize(Decimal("0.000001")) for row in book.rows())


@pytest.mark.parametrize(
    ("place", "usd"),
    [
        (("amazon.nova-lite-v1:0", "us-east-1", "in-region", "on-demand", "input"), "0.06"),
        (("amazon.nova-lite-v1:0", "eu-central-1", "geo", "on-demand", "output"), "0.312"),
        (("amazon.nova-pro-v1:0", "us-east-1", "in-region", "flex", "input"), "0.4"),
        (("amazon.nova-pro-v1:0", "us-east-1", "in-region", "priority", "output"), "5.6"),
        (("amazon.nova-micro-v1:0", "us-east-1", "in-region", "batch", "output"), "0.07"),
        (("anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", "geo", "on-demand", "cache_write_1h"), "2.2"),
        (("anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", "global", "on-demand", "cache_read"), "0.1"),
        (("anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", "global", "batch", "output"), "2.5"),
        (("mistral.ministral-3-8b-instruct", "us-east-1", "in-region", "batch", "input"), "0.07"),
    ],
)
def test_the_book_has_the_price_that_was_read(book, place, usd):
    row = book.rate(*place, on=TODAY, input_tokens=500)

    assert row.usd_per_million == Decimal(usd)
    assert row.source


def test_a_price_reference_names_model_region_scope_lane_and_date(book):
    row = book.rate("amazon.nova-lite-v1:0", "us-east-1", "in-region", "on-demand", "input", on=TODAY, input_tokens=1)

    assert row.ref == "amazon.nova-lite-v1:0/us-east-1/in-region/on-demand@2026-08-20"


def test_a_derived_price_says_so_in_its_source(book):
    row = book.rate("amazon.nova-2-lite-v1:0", "us-east-1", "global", "batch", "input", on=TODAY, input_tokens=1)

    assert row.source.startswith("DERIVED")


@pytest.mark.parametrize(
    "place",
    [
        ("amazon.nova-lite-v1:0", "ap-south-1", "in-region", "on-demand", "input"),
        ("amazon.nova-lite-v1:0", "us-east-1", "global", "on-demand", "input"),
        ("amazon.nova-lite-v1:0", "us-east-1", "in-region", "flex", "input"),
        ("amazon.nova-lite-v1:0", "us-east-1", "in-region", "on-demand", "cache_write_5m"),
        ("anthropic.claude-opus-4-8", "us-east-1", "geo", "batch", "input"),
        ("nobody.knows-v1:0", "us-east-1", "in-region", "on-demand", "input"),
        (None, "us-east-1", "in-region", "on-demand", "input"),
    ],
)
def test_what_nobody_has_published_has_no_price(book, place):
    assert book.rate(*place, on=TODAY, input_tokens=1) is None


def test_a_long_prompt_takes_the_price_of_its_context_step(book):
    place = ("anthropic.claude-haiku-5-5", "us-east-1", "global", "on-demand", "input")

    assert book.rate(*place, on=TODAY, input_tokens=100_000).usd_per_million == Decimal("0.1")
    assert book.rate(*place, on=TODAY, input_tokens=100_001).usd_per_million == Decimal("0.5")


def test_a_kind_without_a_price_in_the_context_step_is_unpriced_there(book):
    place = ("anthropic.claude-haiku-5-5", "us-east-1", "global", "on-demand", "cache_read")

    assert book.rate(*place, on=TODAY, input_tokens=100_000) is not None
    assert book.rate(*place, on=TODAY, input_tokens=100_001) is None


def test_the_newest_price_that_is_not_after_the_day_counts():
    book = PriceBook([line("3", "2026-03-01"), line("1", "2026-01-01"), line("2", "2026-02-01")])

    assert rate(book, on=date(2026, 2, 1)).usd_per_million == 2
    assert rate(book, on=date(2026, 2, 28)).usd_per_million == 2
    assert rate(book, on=date(2026, 3, 1)).usd_per_million == 3


def test_a_day_before_the_first_price_takes_the_earliest():
    book = PriceBook([line("3", "2026-03-01"), line("2", "2026-02-01")])

    assert rate(book, on=date(2025, 1, 1)).ref.endswith("@2026-02-01")


def test_the_book_is_as_new_as_its_newest_row(book):
    assert book.date == date(2026, 11, 12)


def test_rows_are_found_by_a_part_of_the_models_id_and_by_place(book):
    rows = book.rows(model="NOVA-LITE", region="eu-west-1", scope="geo", lane="on-demand")

    assert [(row.model, row.kind) for row in rows] == [
        ("amazon.nova-lite-v1:0", "input"),
        ("amazon.nova-lite-v1:0", "output"),
    ]


def test_rows_of_a_day_are_those_in_force():
    book = PriceBook([line("1", "2026-01-01"), line("2", "2026-02-01")])

    assert [row.usd_per_million for row in book.rows()] == [1, 2]
    assert [row.usd_per_million for row in book.rows(on=date(2026, 1, 5))] == [1]


def test_the_columns_of_the_file_are_the_documented_ones():
    text = resources.files("jobs.prices").joinpath("bedrock.csv").read_text(encoding="utf-8")

    assert text.splitlines()[0] == ",".join(COLUMNS)
