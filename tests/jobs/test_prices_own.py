from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from jobs.prices.book import PriceBook
from jobs.prices.row import COLUMNS
from templates.errors import UserError

HEADER = ",".join(COLUMNS)
PLACE = ("amazon.nova-lite-v1:0", "us-east-1", "in-region", "on-demand", "input")


def price_file(tmp_path, *lines, header=HEADER):
    path = tmp_path / "prices.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_users_newer_price_counts_from_its_day_on(tmp_path):
    own = price_file(tmp_path, ",".join((*PLACE, "0", "0.05", "2026-11-15", "our contract")))

    book = PriceBook.load(own)

    assert book.rate(*PLACE, on=date(2026, 11, 14), input_tokens=1).usd_per_million == Decimal("0.06")
    assert book.rate(*PLACE, on=date(2026, 11, 15), input_tokens=1).usd_per_million == Decimal("0.05")
    assert book.date == date(2026, 11, 15)


def test_of_two_rows_of_one_day_the_users_counts(tmp_path):
    own = price_file(tmp_path, ",".join((*PLACE, "0", "0.05", "2026-08-20", "our contract")))

    row = PriceBook.load(own).rate(*PLACE, on=date(2026, 11, 14), input_tokens=1)

    assert row.source == "our contract"


def test_a_user_can_price_a_model_that_the_book_does_not_know(tmp_path):
    own = price_file(tmp_path, "x.new-v1:0,ap-south-1,geo,flex,output,0,1.5,2026-01-01,mail of the account team")

    row = PriceBook.load(own).rate(
        "x.new-v1:0", "ap-south-1", "geo", "flex", "output", on=date(2026, 5, 5), input_tokens=9
    )

    assert row.usd_per_million == Decimal("1.5")


def test_columns_may_stand_in_any_order_and_more_may_stand_beside_them(tmp_path):
    names = [*reversed(COLUMNS), "note"]
    cells = dict(zip(COLUMNS, (*PLACE, "0", "0.01", "2026-11-20", "x"), strict=True)) | {"note": "hello"}
    own = price_file(tmp_path, ",".join(cells[name] for name in names), header=",".join(names))

    assert PriceBook.load(own).rate(*PLACE, on=date(2026, 11, 20), input_tokens=1).usd_per_million == Decimal("0.01")


def test_all_problems_of_a_price_file_are_told_at_once_with_file_and_line(tmp_path):
    own = price_file(
        tmp_path,
        "m,us-east-1,in-region,on-demand,input,0,0.1,2026-01-01,ok",
        "m,nowhere,everywhere,on-demand,input,0,-1,2026-01-01,ok",
        "m,us-east-1,geo,sometimes,words,x,NaN,2026-13-01,",
    )

    with pytest.raises(UserError) as caught:
        PriceBook.load(own)

    error = caught.value
    assert error.code == "prices"
    assert error.exit_code == 2
    assert str(own) in error.message
    for part in ("line 3: region", "line 3: scope", "line 3: usd_per_million", "line 4: lane", "line 4: kind"):
        assert part in error.message
    for part in ("context_above_tokens", "effective_from", "source"):
        assert f"line 4: {part}" in error.message
    assert "line 2" not in error.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"model,region\na,b\n", "has no column scope"),
        (b"", "has no column model"),
        ("modèl".encode("latin-1"), "not UTF-8"),
        (HEADER.encode() + b'\n"a,b', "unexpected end of data"),
        (HEADER.encode() + b"\nm,us-east-1\n", "line 2"),
    ],
)
def test_a_file_that_is_no_price_file_is_refused_with_the_cure(tmp_path, content, said):
    path = tmp_path / "prices.csv"
    path.write_bytes(content)

    with pytest.raises(UserError, match=said) as caught:
        PriceBook.load(path)

    assert "usd_per_million" in caught.value.fix


def test_a_price_file_that_is_missing_names_the_setting(tmp_path):
    with pytest.raises(UserError) as caught:
        PriceBook.load(tmp_path / "gone.csv")

    assert "gone.csv" in caught.value.message
    assert "SKUSCRIBE_PRICES" in caught.value.fix
