import csv
import io
import json
import sys
from decimal import Decimal
from functools import partial

import openpyxl
import pandas as pd
import pytest

from outputs.costs import COST_FORMATS, costs_json, render_costs
from templates.errors import UserError

TOKENS = {"input_tokens": 1200, "output_tokens": 300, "cache_read_tokens": 0, "cache_write_tokens": 0}


def row(cost, **dimensions):
    return {**dimensions, "items": 3, "attempts": 4, **TOKENS, "cost_usd": cost, "unpriced_items": 0 if cost else 3}


ROWS = [
    row(Decimal("0.000000035000"), day="2026-11-21", owner="=cmd()"),
    row(None, day="2026-11-22", owner="Ana"),
]
TOTAL = row(Decimal("0.000000035"))


def rendered(name, rows=ROWS):
    return render_costs(rows, TOTAL, "aws", format_name=name)


def test_json_has_decimal_strings_and_null_for_unpriced():
    told = costs_json(ROWS, TOTAL, "aws")
    assert [each["cost_usd"] for each in told["rows"]] == ["0.000000035", None]
    assert (told["total"]["cost_usd"], told["realm"]) == ("0.000000035", "aws")
    assert json.loads(rendered("json")) == told


def test_the_table_lines_up_and_ends_with_the_total():
    lines = rendered("table").decode().splitlines()
    assert lines[0].startswith("day         owner")
    assert lines[2].endswith("0.000000035               0")
    assert "unpriced" in lines[3]
    assert lines[5].startswith("total ")
    assert "1,200" in lines[5]
    assert lines[6] == "Realm: aws."
    assert max(map(len, lines)) < 140


def test_a_note_stands_below_the_table_and_nowhere_else():
    for name in ("table", "json", "csv"):
        text = render_costs(ROWS, TOTAL, "aws", format_name=name, note="More.").decode()
        assert text.endswith("Realm: aws.\nMore.\n") == (name == "table")
        assert ("More." in text) == (name == "table")


@pytest.mark.parametrize("name", ["csv", "parquet", "xlsx"])
def test_rows_that_are_told_apart_by_their_realm_keep_it(name):
    rows = [row(Decimal(1), realm="aws"), row(Decimal(2), realm="127.0.0.1:8787")]
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": partial(pd.read_excel, engine="openpyxl")}[name]
    frame = read(io.BytesIO(render_costs(rows, TOTAL, "127.0.0.1:8787, aws", format_name=name)))
    assert list(frame.columns).count("realm") == 1
    assert list(frame.realm) == ["aws", "127.0.0.1:8787"]


def test_a_table_without_rows_is_the_total():
    assert rendered("table", []).decode().splitlines()[-2].split()[:2] == ["3", "4"]


def test_csv_is_plain_and_inert():
    rows = list(csv.DictReader(io.StringIO(rendered("csv").decode())))
    assert [each["cost_usd"] for each in rows] == ["0.000000035", ""]
    assert rows[0]["owner"] == "'=cmd()"
    assert {each["realm"] for each in rows} == {"aws"}


def test_parquet_keeps_money_as_decimals():
    frame = pd.read_parquet(io.BytesIO(rendered("parquet")))
    assert frame.cost_usd[0] == Decimal("0.000000035")
    assert frame.cost_usd[1] is None
    assert list(frame.input_tokens) == [1200, 1200]


@pytest.mark.parametrize("name", ["parquet", "xlsx", "csv"])
def test_no_rows_still_give_every_column(name):
    assert rendered(name, [])


def test_parquet_without_its_extra_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match="pyarrow") as caught:
        rendered("parquet")
    assert "skuscribe[parquet]" in caught.value.fix


def test_xlsx_has_numbers_and_no_formulas():
    sheet = openpyxl.load_workbook(io.BytesIO(rendered("xlsx")))["Costs"]
    assert [cell.value for cell in sheet[1]][:2] == ["day", "owner"]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=cmd()", "s")
    assert sheet["I2"].value == 3.5e-08
    assert sheet["I3"].value is None


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UserError, match='Did you mean "parquet"') as caught:
        rendered("parket")
    assert caught.value.code == "format"
    assert set(COST_FORMATS) == {"table", "csv", "json", "parquet", "xlsx"}
