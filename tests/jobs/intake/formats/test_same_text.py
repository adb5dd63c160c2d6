"""The same table gives the same text in whatever kind of workbook it is saved."""

from __future__ import annotations

import subprocess

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import table_of
from xls_making import write_xls
from xlsb_making import Shown, Wrong, write_xlsb

CODES = [
    "0",
    "00000",
    "000000",
    "0.00",
    "#,##0",
    "#,##0.00",
    "0%",
    "0.0%",
    "0.00E+00",
    '"$"#,##0.00',
    "#,##0.00 [$€-407]",
    '0.0" kg"',
    "000-00-0000",
    "yyyy-mm-dd",
    "dd/mm/yyyy",
    "d-mmm-yy",
    "yyyy-mm-dd hh:mm",
    "h:mm AM/PM",
    "[h]:mm",
    "#,##0;[Red]-#,##0",
    '0;;"none"',
]
NUMBERS = [0, 1, 7, -3, 123, 4006381333931, 19.99, 19.989999999999998, 0.1, -0.125, 1234567.891, 46082, 46082.604166667]
ROWS = [
    ["Code", *(f"Number {place}" for place in range(len(NUMBERS)))],
    *[[code, *(Shown(number, code) for number in NUMBERS)] for code in CODES],
    ["plain", *NUMBERS],
    ["others", "00123", True, False, Wrong("#N/A"), Wrong("#DIV/0!"), " spaces ", "line\nbreak", "Ünï 😀 漢字", "=1+1"],
]


def write_xlsx(path, sheets):
    """Write the workbook that the other two are compared with."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, values in enumerate(rows):
            for column, value in enumerate(values):
                _write(book, sheet, number, column, value)
    book.close()
    return path


def _write(book, sheet, number, column, value):
    if isinstance(value, Shown):
        sheet.write_number(number, column, value.value, book.add_format({"num_format": value.format}))
    elif isinstance(value, Wrong):
        sheet.write_formula(number, column, f"={value.name}", None, value.name)
    elif isinstance(value, bool):
        sheet.write_boolean(number, column, value)
    elif isinstance(value, str):
        sheet.write_string(number, column, value)
    elif value is not None:
        sheet.write_number(number, column, value)


def test_xlsx_xls_and_xlsb_give_the_same_rows(tmp_path):
    tables = {"Products": ROWS}
    expected = table_of(write_xlsx(tmp_path / "p.xlsx", tables))
    assert table_of(write_xlsb(tmp_path / "p.xlsb", tables)) == expected
    assert table_of(write_xls(tmp_path / "p.xls", tables)) == expected
    assert "4,006,381,333,931" in expected[5]
    assert "00123" in expected[2]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=40),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.builds(Shown, st.floats(0, 80_000), st.sampled_from(CODES)),
    st.builds(Wrong, st.sampled_from(["#N/A", "#REF!", "#NUM!"])),
)


@given(st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=1, max_size=12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_gives_the_same_rows(tmp_path, rows):
    tables = {"Products": [["Column 1", "Column 2", "Column 3", "Column 4"], *rows]}
    expected = table_of(write_xlsx(tmp_path / "p.xlsx", tables), header_row=1)
    assert table_of(write_xlsb(tmp_path / "p.xlsb", tables), header_row=1) == expected
    assert table_of(write_xls(tmp_path / "p.xls", tables), header_row=1) == expected


@pytest.mark.servers
def test_libreoffice_saves_the_same_text_as_xls(tmp_path):
    expected = table_of(write_xlsx(tmp_path / "p.xlsx", {"Products": ROWS}))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    subprocess.run([*command, "xls:MS Excel 97", "p.xlsx"], cwd=tmp_path, check=True, capture_output=True)
    assert table_of(tmp_path / "p.xls") == expected
