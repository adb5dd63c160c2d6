import subprocess
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from outputs_making import SEO, result
from xls_making import write_xls
from xlsb_making import Shown, Wrong, column_width, row, sheet_part, text_cell, write_xlsb

from jobs.intake.opening import open_sheet
from outputs.columns import TAIL
from outputs.conversion.shell import sheet_names
from outputs.writeback import write_workbook
from templates.errors import UserError

SHEETS = {
    "Lists": [["x", "y", "z"], [1, 2, 3]],
    "Products": [
        ["Spring catalogue"],
        [],
        ["SKU", "Name", "Price", "Since", "Live", "Stock"],
        ["00123", "Lamp <b> & co", Shown(19.9, "#,##0.00 [$€-407]"), Shown(46082, "yyyy-mm-dd"), True, 12],
        [
            Shown(124, "000000"),
            "two\nlines\x0b _x0041_",
            Shown(0.125, "0.0%"),
            Shown(46082.5, 22),
            False,
            Wrong("#N/A"),
        ],
        ["=1+1", " space ", 4006381333931.0, 0.1, True, 1e300],
        [Shown(3, "@"), Shown(1, "GENERAL")],
    ],
    "Ünïcode's": [["a note"]],
}
FIELDS = ["SEO title", "Meta description", *TAIL.values()]


@pytest.fixture(params=["xls", "xlsb"])
def source(request, tmp_path):
    write = write_xls if request.param == "xls" else write_xlsb
    return write(tmp_path / f"in.{request.param}", SHEETS, states=[1, 0, 2])


def write(source, results, **more):
    target = source.with_name("out.xlsx")
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    return target, write_workbook(open_sheet(source).info, target, results=results, **values)


def values(path, number):
    return [cell.value for cell in openpyxl.load_workbook(path)["Products"][number]]


def test_all_sheets_come_back_with_their_names_order_and_visibility(source):
    target, notes = write(source, [result(4)])
    book = openpyxl.load_workbook(target)
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [
        ("Lists", "hidden"),
        ("Products", "visible"),
        ("Ünïcode's", "veryHidden"),
    ]
    assert book.active.title == "Products"
    assert [[cell.value for cell in row] for row in book["Lists"]] == [["x", "y", "z"], [1, 2, 3]]
    assert notes.lines() == []


def test_every_cell_keeps_its_value_and_number_format(source):
    target, _ = write(source, [])
    sheet = openpyxl.load_workbook(target)["Products"]
    shown = [[cell.value for cell in line[:6]] for line in sheet.iter_rows(min_row=4)]
    assert shown[0][:3] == ["00123", "Lamp <b> & co", 19.9]
    assert shown[1][0] == 124
    assert [sheet[place].number_format for place in ("A7", "B7")] == ["@", "General"]
    assert shown[2] == ["=1+1", " space ", 4006381333931, 0.1, True, 1e300]
    assert [sheet[place].data_type for place in ("A4", "A6", "C4", "D4", "E4", "F5")] == ["s", "s", "n", "d", "b", "s"]
    assert sheet["D4"].value.isoformat() == "2026-03-01T00:00:00"
    formats = [sheet[place].number_format for place in ("A4", "A5", "C4", "C5", "D4", "C6")]
    assert formats == ["General", "000000", "#,##0.00 [$€-407]", "0.0%", "yyyy-mm-dd", "General"]
    assert sheet["A1"].value == "Spring catalogue"


def test_the_result_reads_as_the_source_did(source):
    target, _ = write(source, [])
    before, after = open_sheet(source), open_sheet(target)
    assert [(row.number, row.cells) for row in after.rows()] == [(row.number, row.cells) for row in before.rows()]
    assert [column.raw for column in after.info.columns][:6] == [column.raw for column in before.info.columns]


def test_copy_and_accounts_stand_right_of_the_table_typed_and_wrapped(source):
    target, _ = write(source, [result(5)])
    sheet = openpyxl.load_workbook(target)["Products"]
    assert [cell.value for cell in sheet[3]] == [*SHEETS["Products"][2], *FIELDS]
    assert [cell.value for cell in sheet[5]][6:] == ["Title 5", "Meta 5", "done", None, "nova-lite", 100, 20, 0.000012]
    assert all(cell.font.bold for cell in sheet[3])
    assert not any(cell.font.bold for number in (1, 4, 5) for cell in sheet[number])
    assert (sheet["G5"].alignment.wrap_text, sheet["A5"].alignment.wrap_text) == (True, None)
    assert sheet.column_dimensions["G"].width == pytest.approx(50.7, abs=0.1)
    assert [cell.value for cell in sheet[4]][6:] == [None] * 8
    assert sheet.freeze_panes is None


def test_copy_is_never_a_formula_and_what_a_cell_cannot_hold_is_noted(source):
    results = [result(4, copy={"title": "=1+1", "meta": "a\x07b\r\nc"}), result(6, copy={"title": "x" * 40_000})]
    target, notes = write(source, results)
    with zipfile.ZipFile(target) as package:
        xml = package.read("xl/worksheets/sheet2.xml")
    assert b"<f>" not in xml
    assert b'<t xml:space="preserve">=1+1</t>' in xml
    assert values(target, 4)[6:8] == ["=1+1", "ab\nc"]
    assert len(values(target, 6)[6]) == 32_767
    assert (notes.cleaned_cells, notes.cut_cells) == (1, 1)
    assert 'row 6 "SEO title"' in " ".join(notes.lines())


def test_fill_takes_the_users_column_and_leaves_its_other_cells(source):
    target, _ = write(source, [result(5)], fill={"title": "Name"})
    assert [values(target, number)[1] for number in (3, 4, 5, 6)] == [
        "Name",
        "Lamp <b> & co",
        "Title 5",
        " space ",
    ]
    assert values(target, 3)[6] == "Meta description"


@pytest.mark.parametrize("suffix", ["xls", "xlsb"])
def test_columns_of_an_earlier_run_are_filled_in_place(tmp_path, suffix):
    cells = [["SKU", "Name", *FIELDS], ["1", "one", "Old", "Old", "failed", "refused", "m", 5, 6, Shown(0.5, "0.00")]]
    make = write_xls if suffix == "xls" else write_xlsb
    source = make(tmp_path / f"in.{suffix}", {"Products": cells})
    target, _ = write(source, [result(2, cost_usd=Decimal("0.25"), copy={"title": "New", "meta": ""})])
    assert values(target, 1) == cells[0]
    assert values(target, 2) == ["1", "one", "New", None, "done", None, "nova-lite", 100, 20, 0.25]
    assert openpyxl.load_workbook(target)["Products"]["J2"].number_format == "0.00"


def test_columns_go_right_of_content_below_the_table(tmp_path):
    rows = [["SKU", "Name"], ["1", "one"], *[["2", "two"]] * 40, [None, None, None, "a remark"]]
    target, _ = write(write_xls(tmp_path / "in.xls", {"Products": rows}), [result(2)])
    assert values(target, 1) == ["SKU", "Name", None, None, *FIELDS]
    assert values(target, 43)[3] == "a remark"


def test_widths_and_hidden_columns_are_kept_left_of_ours(tmp_path):
    above = column_width(0, 0, 30) + column_width(1, 1, 0.5) + column_width(2, 16_383, 9, hidden=True)
    rows = row(1) + text_cell(0, "SKU") + text_cell(3, "Name") + row(2) + text_cell(0, "1")
    source = write_xlsb(tmp_path / "in.xlsb", {"Products": sheet_part(rows, above=above)})
    target, _ = write(source, [result(2)])
    columns = openpyxl.load_workbook(target)["Products"].column_dimensions
    assert (columns["A"].width, columns["B"].width) == (pytest.approx(30, abs=0.1), pytest.approx(0.5, abs=0.1))
    assert (columns["C"].hidden, columns["C"].max, columns["E"].hidden) == (True, 4, False)


def test_dates_count_from_where_they_did(tmp_path):
    rows = [["SKU", "Since"], ["1", Shown(44620, "yyyy-mm-dd")]]
    target, _ = write(write_xls(tmp_path / "in.xls", {"Products": rows}, from_1904=True), [result(2)])
    assert values(target, 2)[1].isoformat() == "2026-03-01T00:00:00"


def test_dates_that_east_asian_editions_format_by_number_stay_dates(tmp_path):
    rows = [["SKU", "Since"], ["1", Shown(46082, 57)]]
    target, _ = write(write_xlsb(tmp_path / "in.xlsb", {"Products": rows}), [result(2)])
    assert values(target, 2)[1].isoformat() == "2026-03-01T00:00:00"


def test_a_sheet_at_the_last_column_has_no_room(tmp_path):
    part = sheet_part(row(1) + text_cell(0, "SKU") + text_cell(16_380, "Name") + row(2) + text_cell(0, "1"))
    source = write_xlsb(tmp_path / "in.xlsb", {"Products": part})
    with pytest.raises(UserError, match="no room right of the table"):
        write(source, [result(2)])
    assert [path.name for path in tmp_path.iterdir()] == ["in.xlsb"]


def test_a_missing_row_or_a_changed_source_is_told_and_nothing_is_left(source):
    sheet = open_sheet(source).info
    given = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False}
    target = source.with_name("out.xlsx")
    with pytest.raises(UserError, match="Row 9 is not in the file any more"):
        write_workbook(sheet, target, results=[result(9)], **given)
    make = write_xls if source.suffix == ".xls" else write_xlsb
    make(source, {"Other": [["x"]]})
    with pytest.raises(UserError, match='has no sheet "Products" any more'):
        write_workbook(sheet, target, results=[result(4)], **given)
    source.unlink()
    with pytest.raises(UserError, match="cannot be read any more"):
        write_workbook(sheet, target, results=[result(4)], **given)
    assert not target.exists()


def test_sheet_names_that_a_workbook_may_not_have_are_made_so():
    assert sheet_names(["a/b", "A_b", "", "'q'", "x" * 40, "x" * 40]) == [
        "a_b",
        "A_b (2)",
        "Sheet",
        "q",
        "x" * 31,
        "x" * 27 + " (2)",
    ]


@pytest.mark.servers
def test_libreoffice_opens_the_result(source):
    target, _ = write(source, [result(4), result(6)])
    command = ["soffice", f"-env:UserInstallation=file://{source.parent}/profile", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2", target.name],
        cwd=source.parent,
        check=True,
        capture_output=True,
    )
    shown = next(source.parent.glob("out*.csv")).read_text(encoding="utf-8")
    assert "00123,Lamp <b> & co,19.9,2026-03-01,TRUE,12,Title 4,Meta 4,done" in shown


def test_a_damaged_sheet_beside_the_table_does_not_keep_the_copy_back(tmp_path):
    cut_off = sheet_part(row(1) + text_cell(0, "kept") + row(2) + text_cell(0, "lost"))
    rows = [["SKU", "Name", "Price"], ["1", "one", 2.5], ["2", "two", 3.5]]
    source = write_xlsb(tmp_path / "in.xlsb", {"Products": rows, "Old": cut_off[:-12]})
    target, notes = write(source, [result(2), result(3)])
    assert values(target, 2)[:4] == ["1", "one", 2.5, "Title 2"]
    assert notes.lines() == ['The sheet "Old" is damaged and did not come back whole.']
