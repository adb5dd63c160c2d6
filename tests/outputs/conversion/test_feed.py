import zipfile

import openpyxl
import pytest
from outputs_making import SEO, result

from jobs.intake.opening import open_sheet
from outputs.writeback import write_workbook

FEED = (
    '<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>'
    "<item><g:id>001</g:id><title>=1+1</title><description>two\nlines</description><g:gtin>04006381333931</g:gtin></item>"
    "<item/>"
    "<item><g:id>https://shop.example/2</g:id><description>Tea _x0041_</description></item>"
    "</channel></rss>"
)
HEADERS = ["id", "title", "description", "gtin", "SEO title", "Meta description"]


@pytest.fixture
def workbook(tmp_path):
    source = tmp_path / "p.xml"
    source.write_text(FEED)
    results = [result(2), result(4, copy={"title": "Long " * 8000, "meta": "=cmd"})]
    notes = write_workbook(
        open_sheet(source).info,
        tmp_path / "p.xlsx",
        templates=[SEO],
        locales=[],
        fill={},
        results=results,
        simulated=False,
    )
    assert "cut at 32,767 characters" in notes.lines()[0]
    return tmp_path / "p.xlsx"


def test_the_fields_are_text_and_the_copy_stands_beside_them(workbook):
    sheet = openpyxl.load_workbook(workbook).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:6] == HEADERS
    assert rows[1][:6] == ["001", "=1+1", "two\nlines", "04006381333931", "Title 2", "Meta 2"]
    assert [cell.data_type for cell in sheet[2][:6]] == ["s"] * 6
    assert rows[3][5] == "=cmd"
    assert sheet["A1"].font.bold
    assert sheet["E2"].alignment.wrap_text
    assert rows[1][rows[0].index("Skuscribe input tokens")] == 100


def test_the_workbook_reads_as_the_feed_did(workbook, tmp_path):
    feed = {row.number: row.cells for row in open_sheet(tmp_path / "p.xml").rows()}
    back = {row.number: (*row.cells, "", "", "", "")[:4] for row in open_sheet(workbook).rows()}
    assert back == feed


def test_no_cell_is_a_link_or_a_formula(workbook):
    with zipfile.ZipFile(workbook) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
