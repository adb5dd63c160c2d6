import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outputs_making import attempt, result, summary

from jobs.choice import Choice
from jobs.results import ItemState
from jobs.usage import TokenUsage
from outputs.report import write_report
from outputs.reporting.columns import ATTEMPT_COLUMNS, ITEM_COLUMNS, cell_amount

JOB = {"Templates": "seo-meta@1", "Price book": "2026-11-20"}


def write(path, items, attempts=(), *, simulated=False, **more):
    write_report(
        path,
        summary(items, simulated=simulated),
        job=JOB,
        items=lambda: iter(items),
        attempts=lambda: iter(attempts),
        **more,
    )
    return openpyxl.load_workbook(path)


def rows(sheet):
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_items_and_attempts_have_a_row_each(tmp_path):
    book = write(tmp_path / "r.xlsx", [result(2), result(5)], [attempt(2), attempt(5), attempt(5, outcome="unbilled")])
    items = rows(book["Items"])
    assert items[0] == ITEM_COLUMNS
    assert items[1] == (
        *(2, "SKU002", "seo-meta@1", None, "done", "nova-lite", "on-demand", "default", 100, 20, 0, 0, 0.000012),
        *("nova-lite/us-east-1", 1, 1.5, "end_turn", None, "0000000000000002"),
    )
    assert [row[0] for row in items[1:]] == [2, 5]
    attempts = rows(book["Attempts"])
    assert attempts[0] == ATTEMPT_COLUMNS
    assert [row[12] for row in attempts[1:]] == ["ok", "ok", "unbilled"]
    assert book.sheetnames == ["Summary", "Items", "Attempts", "Flagged"]


def test_the_long_sheets_can_be_filtered_and_keep_their_header_in_sight(tmp_path):
    sheet = write(tmp_path / "r.xlsx", [result(2), result(5)])["Items"]
    assert (sheet.auto_filter.ref, sheet.freeze_panes, sheet.dimensions) == ("A1:S3", "C2", "A1:S3")
    assert sheet["A1"].font.bold
    assert sheet["M2"].number_format.startswith("0.00")


@given(costs=st.lists(st.integers(0, 10**15 - 1), min_size=1, max_size=30))
@settings(deadline=None, max_examples=15)
def test_the_costs_of_the_items_are_those_of_the_summary_to_the_last_digit(tmp_path_factory, costs):
    items = [result(row, cost_usd=Decimal(pico).scaleb(-12)) for row, pico in enumerate(costs, 2)]
    book = write(tmp_path_factory.mktemp("report") / "r.xlsx", items)
    read = [row[12] for row in rows(book["Items"])[1:]]
    assert sum(Decimal(repr(float(cost))) for cost in read) == summary(items).cost_usd


def test_an_amount_of_too_many_digits_is_rounded_in_its_cell_and_whole_in_the_notes(tmp_path):
    cost = Decimal("1234.123456789012")
    assert cell_amount(cost) == Decimal("1234.12345678901")
    row = rows(write(tmp_path / "r.xlsx", [result(2, cost_usd=cost)])["Items"])[1]
    assert row[12] == 1234.12345678901
    assert row[17] == "cost exactly 1234.123456789012 USD"


def test_an_unpriced_item_has_no_cost_and_is_never_zero(tmp_path):
    book = write(tmp_path / "r.xlsx", [result(2, cost_usd=None, notes="slow")])
    row = rows(book["Items"])[1]
    assert (row[12], row[17]) == (None, "slow; unpriced")
    said = {row[0]: row[1] for row in rows(book["Summary"])}
    assert said["cost_usd"] == "unpriced"
    assert said["unpriced_items"] == 1


def test_the_summary_says_which_lane_was_chosen_and_why(tmp_path):
    choice = Choice(lane="batch", why="About $1 instead of $2 on demand.", saving_usd=Decimal("1.25"))
    write_report(
        tmp_path / "r.xlsx",
        summary([result(2)], choice=choice),
        job=JOB,
        items=lambda: iter([result(2)]),
        attempts=lambda: iter(()),
    )
    said = {row[0]: row[1] for row in rows(openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"])}
    assert (said["Lane"], said["Why this lane"]) == ("batch", choice.why)
    assert said["Saving by the estimate (USD)"] == 1.25


def test_the_summary_of_a_job_that_chose_no_lane_says_nothing_of_it(tmp_path):
    said = {row[0] for row in rows(write(tmp_path / "r.xlsx", [result(2)])["Summary"])}
    assert "Why this lane" not in said


def test_the_summary_has_totals_by_every_dimension_and_a_chart(tmp_path):
    items = [
        result(2, locale="de-DE"),
        result(2, locale="fr-FR", model="nova-pro", lane="batch", usage=TokenUsage(input_tokens=5)),
        result(3, locale="de-DE", state=ItemState.FAILED, model="", lane="", cost_usd=Decimal(0)),
    ]
    sheet = write(tmp_path / "r.xlsx", items)["Summary"]
    said = rows(sheet)
    by_first = {row[0]: row for row in said if row[0]}
    assert by_first["Price book"][1] == "2026-11-20"
    assert by_first["cost_usd, every digit"][1] == "0.000024"
    assert by_first["cost per accepted item"][1] == 0.000012
    assert by_first["de-DE"][1:3] == (2, 1)
    assert by_first["nova-pro"][1:4] == (1, 1, 5)
    assert by_first["batch"][7] == 0.000012
    assert by_first["failed"][1] == 1
    assert len(sheet._charts) == 2
    with zipfile.ZipFile(tmp_path / "r.xlsx") as package:
        assert package.testzip() is None


def test_flagged_and_failed_items_have_a_sheet_with_their_copy(tmp_path):
    flagged = result(4, state=ItemState.FLAGGED, notes="too long", copy={"title": "A title", "bullets": ("one", "two")})
    book = write(tmp_path / "r.xlsx", [result(2), flagged, result(5, state=ItemState.FAILED, copy={}, notes="refused")])
    assert rows(book["Flagged"])[1:] == [
        (4, "SKU004", "seo-meta@1", None, "flagged", "too long", "title: A title\nbullets: one\nbullets: two"),
        (5, "SKU005", "seo-meta@1", None, "failed", "refused", None),
    ]


def test_a_full_sheet_goes_on_in_the_next(tmp_path):
    items = [result(row) for row in range(2, 7)]
    book = write(tmp_path / "r.xlsx", items, [attempt(2)], most_rows=2)
    assert book.sheetnames == ["Summary", "Items", "Items 2", "Items 3", "Attempts", "Flagged"]
    pages = [rows(book[name]) for name in ("Items", "Items 2", "Items 3")]
    assert [[row[0] for row in page] for page in pages] == [["row", 2, 3], ["row", 4, 5], ["row", 6]]


def test_a_job_without_items_has_a_report(tmp_path):
    book = write(tmp_path / "r.xlsx", [])
    assert rows(book["Items"]) == [ITEM_COLUMNS]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_simulated_report_says_so_at_the_top(tmp_path, simulated):
    sheet = write(tmp_path / "r.xlsx", [result(2)], simulated=simulated)["Summary"]
    assert str(sheet["A2"].value or "").startswith("SIMULATED") is simulated
    # It is written in white, and longer than its column.
    coloured = {sheet.cell(2, column).fill.fgColor.rgb for column in range(1, 7)}
    assert len(coloured) == 1
    assert ("00000000" in coloured) is not simulated


def test_text_of_any_kind_is_text(tmp_path):
    nasty = "=1+1 <b>&\x07 https://example.com 00123"
    book = write(tmp_path / "r.xlsx", [result(2, key="00123", notes=nasty)])
    row = book["Items"][2]
    assert (row[1].value, row[1].data_type) == ("00123", "s")
    assert row[17].value == nasty.replace("\x07", "")
    assert row[17].data_type == "s"
