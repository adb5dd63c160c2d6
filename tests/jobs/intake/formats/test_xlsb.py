from __future__ import annotations

import struct
import subprocess
import zipfile

import pytest
from intake_files import table_of
from xlsb_making import Shown, Wrong, cell, column_width, record, row, sheet_part, text_cell, wide, write_xlsb

from jobs.intake.formats.xlsb import open_xlsb
from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError

TABLE = [["SKU", "Name", "Price"], ["00123", "Lamp", 19.9], ["00124", "Chair", 49]]
HEADER = row(1) + text_cell(0, "SKU") + text_cell(1, "Value")


def book_of(path, rows, **more):
    """Write a workbook whose only sheet has these records below its header."""
    return write_xlsb(path, {"P": sheet_part(HEADER + rows)}, **more)


def test_the_visible_sheet_with_the_table_is_read(tmp_path):
    sheets = {"Lists": [["a", "b", "c"], [1, 2, 3]], "Read me": [["How to"]], "Products": TABLE}
    path = write_xlsb(tmp_path / "p.xlsb", sheets, states=[2])
    sheet = open_sheet(path)
    assert (sheet.info.format, sheet.info.sheet) == ("xlsb", "Products")
    assert [each.cells for each in sheet.rows()] == [("00123", "Lamp", "19.9"), ("00124", "Chair", "49")]
    assert open_sheet(path, ReadOptions(sheet="lists ")).info.sheet == "Lists"
    assert "formulas become their values" in sheet.info.losses[0]


def test_cells_come_as_the_text_that_a_person_sees(tmp_path):
    shown = [
        ("00123", "00123"),
        (Shown(123, "00000"), "00123"),
        (4006381333931.0, "4006381333931"),
        (Shown(19.9, 44), "$19.90"),
        (Shown(0.125, 10), "12.50%"),
        (True, "TRUE"),
        (Wrong("#N/A"), "#N/A"),
        (Shown(46082, 14), "2026-03-01"),
        (Shown(46082.604166666664, "dd/mm/yyyy hh:mm"), "2026-03-01 14:30"),
        ("line\nbreak 😀", "line\nbreak 😀"),
    ]
    rows = [[f"Name {place}" for place in range(len(shown))], [value for value, _ in shown]]
    assert table_of(write_xlsb(tmp_path / "p.xlsb", {"P": rows}))[1] == tuple(text for _, text in shown)


def test_dates_count_from_1904_when_the_workbook_says_so(tmp_path):
    path = write_xlsb(tmp_path / "p.xlsb", {"P": [["When"], [Shown(44620, 14)]]}, from_1904=True)
    assert table_of(path)[1] == ("2026-03-01",)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (2, struct.pack("<i", 1234 << 2 | 2), "1234"),
        (2, struct.pack("<i", -1234 << 2 | 3), "-12.34"),
        (2, struct.pack("<d", 2.5)[4:], "2.5"),
        (2, struct.pack("<I", struct.unpack("<Q", struct.pack("<d", 250.0))[0] >> 32 | 1), "2.5"),
        (3, b"\x2a", "#N/A"),
        (4, b"\x01", "TRUE"),
        (5, struct.pack("<d", 0.1), "0.1"),
        (5, struct.pack("<d", float("nan")), "#NUM!"),
        (6, wide("in line"), "in line"),
        (8, wide("of a formula") + b"\0\0\5\0\0\0formula", "of a formula"),
        (9, struct.pack("<d", 1.5) + b"\0\0", "1.5"),
        (10, b"\0\0\0", "FALSE"),
        (11, b"\x07\0\0", "#DIV/0!"),
        (62, b"\x01" + wide("rich text") + struct.pack("<IHH", 1, 0, 1), "rich text"),
    ],
)
def test_every_kind_of_cell_tells_its_value(tmp_path, kind, value, text):
    path = book_of(tmp_path / "p.xlsb", row(2) + text_cell(0, "1") + cell(1, 1, b"") + cell(kind, 2, value))
    assert table_of(path)[1] == ("1", "", text)


def test_short_cells_stand_right_of_the_one_before_them(tmp_path):
    style = bytes(4)
    short = (
        record(13, style + struct.pack("<i", 7 << 2 | 2)) + record(12, style) + record(17, style + wide("text"))
        + record(16, style + struct.pack("<d", 1.5)) + record(15, style + b"\1") + record(14, style + b"\x2a")
    )  # fmt: skip
    path = book_of(tmp_path / "p.xlsb", row(2) + text_cell(1, "first") + short)
    assert table_of(path, header_row=1)[1] == ("", "first", "7", "", "text", "1.5", "TRUE", "#N/A")


def test_unknown_records_and_runs_of_shared_texts_are_passed_over(tmp_path):
    shared = record(159, struct.pack("<II", 1, 1)) + record(19, b"\x01" + wide("red lamp") + bytes(12)) + record(160)
    rows = record(37, b"\1" * 200) + row(2) + record(3000, bytes(70_000)) + cell(7, 0, struct.pack("<I", 0))
    path = book_of(tmp_path / "p.xlsb", rows, parts={"xl/sharedStrings.bin": shared})
    assert table_of(path)[1] == ("red lamp",)


def test_the_sheet_list_of_a_beta_is_read(tmp_path):
    listed = record(156, struct.pack("<III", 0, 0, 1) + wide("rId1") + wide("P"))
    parts = {"xl/workbook.bin": record(131) + record(143) + listed + record(144) + record(132)}
    assert open_sheet(write_xlsb(tmp_path / "p.xlsb", {"P": TABLE}, parts=parts)).info.sheet == "P"


def test_column_widths_are_told_in_characters(tmp_path):
    part = sheet_part(HEADER, above=column_width(0, 0, 30.5) + column_width(1, 16_383, 10, hidden=True))
    with open_xlsb(write_xlsb(tmp_path / "p.xlsb", {"P": part})) as book:
        assert [tuple(width) for width in book.widths(book.tabs[0])] == [(0, 0, 30.5, False), (1, 16_383, 10.0, True)]


@pytest.mark.parametrize(
    "rows",
    [
        row(3) + text_cell(0, "a") + row(2) + text_cell(0, "b"),
        row(1_048_577) + text_cell(0, "a"),
        row(2) + text_cell(1, "a") + text_cell(0, "b"),
        row(2) + text_cell(16_384, "a"),
        row(2) + cell(6, 0, struct.pack("<I", 0xFFFF_FFFE) + b"ab"),
        row(2) + cell(7, 0, struct.pack("<I", 9)),
        row(2) + cell(5, 0, b"\0\0"),
        row(2) + cell(4, 0, b""),
        record(0, b"\0"),
        row(2) + b"\x05\xff\xff\xff\x7f",
        row(2) + b"\x05\x7f",
    ],
)
def test_what_no_workbook_holds_is_damage(tmp_path, rows):
    path = book_of(tmp_path / "p.xlsb", rows)
    with pytest.raises(UserError, match=r"p\.xlsb is damaged") as caught:
        list(open_sheet(path).rows())
    assert caught.value.code == "source"


def test_a_cell_above_the_first_row_is_damage(tmp_path):
    path = write_xlsb(tmp_path / "p.xlsb", {"P": sheet_part(text_cell(0, "SKU") + HEADER)})
    with pytest.raises(UserError, match="is damaged"):
        open_sheet(path)


def test_a_workbook_without_texts_and_styles_is_read(tmp_path):
    path = book_of(tmp_path / "made.xlsb", row(2) + text_cell(0, "x") + cell(5, 1, struct.pack("<d", 2), 7))
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(tmp_path / "p.xlsb", "w") as bare:
        for name in set(made.namelist()) - {"xl/sharedStrings.bin", "xl/styles.bin"}:
            bare.writestr(name, made.read(name))
    assert table_of(tmp_path / "p.xlsb")[1] == ("x", "2")


@pytest.mark.servers
def test_libreoffice_reads_the_same_cells(tmp_path):
    rows = [["SKU", "Name", "On"], ["00123", "Lämp 😀", True], [7, "b, c", False], [1.5, Wrong("#N/A"), "x"]]
    write_xlsb(tmp_path / "p.xlsb", {"P": rows})
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "csv:Text - txt - csv (StarCalc):44,34,76,1", "p.xlsb"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert table_of(tmp_path / "p.csv") == table_of(tmp_path / "p.xlsb")
