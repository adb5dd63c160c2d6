from __future__ import annotations

import sys
from pathlib import Path

import pytest
import xlsxwriter

from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.sheet import IsolatedSheet
from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError

pytestmark = pytest.mark.servers

USUAL = ReadLimits()


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path, limits=USUAL, **options):
    with pytest.raises(UserError) as caught:
        list(IsolatedSheet(path, ReadOptions(**options), limits=limits).rows())
    return caught.value


def test_a_sheet_read_apart_is_the_one_read_here(tmp_path):
    lines = ["SKU,Title", *(f'{n},"cup \ud83c\udf75 {n}\nin two lines"' for n in range(1200)), "x,y,z"]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(lines).encode("utf-16", "surrogatepass").decode("utf-16"), encoding="utf-8")
    here, apart = open_sheet(path), IsolatedSheet(path, limits=USUAL)
    assert apart.info == here.info
    assert list(apart.rows()) == list(here.rows())
    assert apart.info == here.info
    assert "Row 1202 has more cells" in apart.info.notes[0]


def test_rows_can_be_asked_for_again_and_side_by_side(tmp_path):
    sheet = IsolatedSheet(written(tmp_path / "p.csv", "SKU,Title\n1,a\n2,b\n"), limits=USUAL)
    first, second = sheet.rows(), sheet.rows()
    assert [row.number for row in first] == [row.number for row in second] == [2, 3]


def test_options_reach_the_reader(tmp_path):
    path = written(tmp_path / "p.csv", "a,b\nSKU,Title\n1,x\n")
    assert IsolatedSheet(path, ReadOptions(header_row=2), limits=USUAL).info.header_row == 2
    assert 'no sheet "Two"' in refusal(path, sheet="Two").message


def test_an_error_of_the_reader_is_told_as_it_is(tmp_path):
    error = refusal(tmp_path / "none.csv")
    assert (error.code, "does not exist" in error.message) == ("source", True)


def test_a_file_that_needs_too_much_memory_is_given_up(tmp_path):
    path = tmp_path / "p.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "Title", "Text"])
        for row in range(1, 4000):
            sheet.write_row(row, 0, [f"{row}", "cup", f"{row}" + "x" * 32_000])
    error = refusal(path, ReadLimits(memory_bytes=160 << 20))
    assert "needs more than 160 MiB" in error.message
    assert "SKUSCRIBE_SOURCE_MEMORY_MIB" in error.fix


def test_a_file_that_takes_too_long_is_given_up(tmp_path):
    error = refusal(written(tmp_path / "p.csv", "SKU,Title\n1,a\n"), ReadLimits(seconds=0.001))
    assert "takes too long" in error.message
    assert "SKUSCRIBE_SOURCE_SECONDS" in error.fix


def test_a_reader_that_dies_is_told_in_one_sentence(tmp_path):
    sheet = IsolatedSheet(written(tmp_path / "p.csv", "SKU,Title\n1,a\n"), limits=USUAL)
    sheet._waiting._process.terminate()
    with pytest.raises(UserError, match="cannot be read: it is damaged"):
        list(sheet.rows())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_reader_knows_no_credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-ours")
    sheet = IsolatedSheet(written(tmp_path / "p.csv", "SKU,Title\n1,a\n"), limits=USUAL)
    environment = Path(f"/proc/{sheet._waiting.pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"secret-of-ours" not in environment


def test_no_reader_is_left_behind(tmp_path):
    sheet = IsolatedSheet(written(tmp_path / "p.csv", "SKU,Title\n1,a\n2,b\n"), limits=USUAL)
    waiting = sheet._waiting
    rows = sheet.rows()
    next(rows)
    rows.close()
    assert waiting.is_over
    unused = IsolatedSheet(tmp_path / "p.csv", limits=USUAL)
    process = unused._waiting
    del unused
    assert process.is_over
