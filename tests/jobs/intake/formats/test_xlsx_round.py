"""Any table comes back equal from a workbook, whoever wrote it."""

from __future__ import annotations

import datetime as dt
import subprocess

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from intake_files import table_of
from openpyxl.styles import numbers

from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions

#: Characters that XML carries. A carriage return would come back as a line feed where a library writes it bare.
CHARS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿", include_characters="\n\t")
ODD = st.sampled_from(
    [
        "00123",
        " lamp ",
        "\n",
        "\xa0x\xa0",
        "_x",
        "&amp;",
        "<b>",
        "]]>",
        "=1+1",
        "TRUE",
        "#N/A",
        "1e5",
        "😀\U0010ffff",
        "'x",
    ]
)
#: Text that looks like the escape of a character, which openpyxl writes as it is, so that it means the character.
#: XlsxWriter escapes them, but for the second of two that share an underscore.
LOOK_ALIKE = st.sampled_from(["_x0041_", "a_x000D_b", "_x005F_", "_x0041_ _x0042_"])
TEXT = st.one_of(st.text(CHARS, max_size=30), ODD).filter(lambda text: "_x00" not in text)
NUMBER = st.one_of(st.integers(-(10**15) + 1, 10**15 - 1), st.decimals("-1e6", "1e6", places=4).map(float))
DATE = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 1, 1)).map(  # noqa: DTZ001 - cells have no time zone
    lambda when: when.replace(second=0, microsecond=0)
)


def tables(text):
    cell = st.one_of(text, text, NUMBER, st.booleans(), DATE, st.none())
    return st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=6)
    )


def seen(value):
    """What a person sees of a value."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M}" if value.time() != dt.time() else f"{value:%Y-%m-%d}"
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".").replace("-0", "0" if value == 0 else "-0")
    return str(value)


def expected(table):
    """The rows with anything to see, without what is empty at their ends."""
    rows = []
    for number, line in enumerate(table, start=2):
        cells = [seen(value) for value in line]
        while cells and not cells[-1]:
            cells.pop()
        if any(cell.strip() for cell in cells):
            rows.append((number, tuple(cells)))
    return rows


def read(path, sheet=None):
    return [(row.number, row.cells) for row in open_sheet(path, ReadOptions(header_row=1, sheet=sheet)).rows()]


def fill_openpyxl(sheet, table):
    for r, line in enumerate([["Name"] * len(table[0]), *table], start=1):
        for c, value in enumerate(line, start=1):
            if value is None:
                continue
            cell = sheet.cell(r, c, value)
            if isinstance(value, str):
                cell.value, cell.data_type = value, "s"
            elif isinstance(value, dt.datetime):
                cell.number_format = numbers.FORMAT_DATE_DATETIME


def fill_xlsxwriter(book, sheet, table):
    date = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, ["Name"] * len(table[0]))
    for r, line in enumerate(table, start=1):
        for c, value in enumerate(line):
            match value:
                case None | "":
                    wrote = 0
                case bool():
                    wrote = sheet.write_boolean(r, c, value)
                case str():
                    wrote = sheet.write_string(r, c, value)
                case dt.datetime():
                    wrote = sheet.write_datetime(r, c, value, date)
                case _:
                    wrote = sheet.write_number(r, c, value)
            assert wrote == 0


@settings(max_examples=80)
@given(table=tables(TEXT))
def test_any_table_written_by_openpyxl_comes_back_equal(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "p.xlsx"
    book = openpyxl.Workbook()
    fill_openpyxl(book.active, table)
    book.save(path)
    assert read(path) == expected(table)


@settings(max_examples=80)
@given(
    table=tables(st.one_of(TEXT, LOOK_ALIKE, st.sampled_from(["a\rb", "\x01", "x\x1fy", "\x0b"]))), inline=st.booleans()
)
def test_any_table_written_by_xlsxwriter_comes_back_equal(table, inline, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "p.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": inline}) as book:
        fill_xlsxwriter(book, book.add_worksheet(), table)
    assert read(path) == expected(table)


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("text", ["x" * 32_767, "é😀 " * 8_000, " " * 32_766 + "x", "&<" * 16_000])
def test_the_longest_texts_come_back_equal(tmp_path, text, inline):
    with xlsxwriter.Workbook(tmp_path / "p.xlsx", {"constant_memory": inline}) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["Name", text, "y"])
    assert table_of(tmp_path / "p.xlsx", header_row=1)[1] == (text,)


class Drawn:
    """Tables that a strategy gave."""

    def __init__(self, strategy, count):
        self.tables = []

        @seed(7)
        @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
        @given(strategy)
        def draw(table):
            self.tables.append(table)

        draw()


#: LibreOffice drops control characters, takes numbers of 16 digits for others and a text of only blanks for none.
OFFICE_TEXT = TEXT.filter(lambda text: text.strip() and "\t" not in text)


@pytest.mark.servers
def test_tables_come_back_equal_after_libreoffice_has_rewritten_them(tmp_path):
    drawn = Drawn(tables(OFFICE_TEXT), 120).tables
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, table in enumerate(drawn):
        fill_openpyxl(book.create_sheet(f"T{number}"), table)
    book.save(tmp_path / "p.xlsx")
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to"]
    subprocess.run([*command, "xlsx", "--outdir", tmp_path / "out", tmp_path / "p.xlsx"], check=True, timeout=180)
    for number, table in enumerate(drawn):
        assert read(tmp_path / "out" / "p.xlsx", f"T{number}") == expected(table), f"T{number}"
