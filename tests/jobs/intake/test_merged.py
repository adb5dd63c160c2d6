from __future__ import annotations

import struct

import pytest
import xlwt
from xls_making import write_xls
from xlsb_making import record, row, sheet_part, text_cell, write_xlsb

from jobs.intake.merged import Merge, spread
from jobs.intake.opening import open_sheet
from jobs.sheet import Row

HEADERS = [(0, 1, 0, 0, "SKU"), (0, 1, 1, 1, "Name"), (0, 0, 2, 3, "Price")]
BELOW = [(1, 2, "EUR"), (1, 3, "USD"), *[(at, column, f"{at}{column}") for at in range(2, 6) for column in range(4)]]


def merged_xls(path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("P")
    for merge in HEADERS:
        sheet.write_merge(*merge)
    for cell in BELOW:
        sheet.write(*cell)
    book.save(str(path))
    return path


def merged_xlsb(path):
    cells = [(top, left, text) for top, _, left, _, text in HEADERS] + BELOW
    rows = b"".join(
        row(at + 1) + b"".join(text_cell(column, text) for line, column, text in sorted(cells) if line == at)
        for at in range(6)
    )
    merges = b"".join(record(176, struct.pack("<IIII", *merge[:4])) for merge in HEADERS)
    return write_xlsb(path, {"P": sheet_part(rows, below=record(177) + merges + record(178))})


@pytest.mark.parametrize(("make", "name"), [(merged_xls, "p.xls"), (merged_xlsb, "p.xlsb")])
def test_a_header_that_is_merged_over_two_rows_names_its_columns(tmp_path, make, name):
    sheet = open_sheet(make(tmp_path / name))
    assert (sheet.info.header_row, [column.header for column in sheet.info.columns]) == (
        2,
        ["SKU", "Name", "EUR", "USD"],
    )
    assert next(sheet.rows()) == Row(3, ("20", "21", "22", "23"))


def test_a_header_that_is_merged_names_all_its_columns(tmp_path):
    rows = [["SKU", "Name"], *[[str(at), f"Lamp {at}", f"{at}.jpg", f"{at}-b.jpg"] for at in range(4)]]
    path = write_xls(tmp_path / "p.xls", {"P": rows}, merges=[(0, 0, 2, 3, "Images")])
    assert [column.header for column in open_sheet(path).info.columns] == ["SKU", "Name", "Images", "Images (2)"]


def test_merged_text_goes_to_empty_cells_of_rows_that_are_there():
    rows = [Row(1, ("A", "", "own")), Row(3, ("x",))]
    assert spread(rows, [Merge(1, 3, 0, 2), Merge(2, 9, 1, 1), Merge(1, 1, 9, 9)]) == [
        Row(1, ("A", "A", "own")),
        Row(3, ("x", "A", "A")),
    ]


def test_ranges_without_end_cost_nothing():
    rows = [Row(number, ("A",)) for number in range(1, 30)]
    assert spread(rows, [Merge(1, 1_048_576, 0, 16_383)] * 50_000)[0] == Row(1, ("A",))
