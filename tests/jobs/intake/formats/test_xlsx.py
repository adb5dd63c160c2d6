from __future__ import annotations

import zipfile
from datetime import datetime, time

import openpyxl
import pytest
from intake_files import MAIN, STRICT, table_of, write_package
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError


def workbook(path, rows, name="Products"):
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_cells_come_as_the_text_that_a_person_sees(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    shown = [
        ("00123", None, "00123"),
        (123, "00000", "00123"),
        (4006381333931, None, "4006381333931"),
        (4006381333931.0, "0", "4006381333931"),
        (52.0, None, "52"),
        (19.989999999999998, None, "19.99"),
        (3199, "0.00", "3199.00"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (0.125, "0.0%", "12.5%"),
        (19.9, "#,##0.00 [$€-407]", "19.90 €"),
        (1.5, '0.0" kg"', "1.5 kg"),
        (True, None, "TRUE"),
        ("NA", None, "NA"),
        ("true", None, "true"),
        ("#N/A", None, "#N/A"),
        (datetime(2026, 3, 1), "dd/mm/yyyy", "2026-03-01"),  # noqa: DTZ001 - cells have no time zone
        (datetime(2026, 3, 1, 14, 30), "yyyy-mm-dd hh:mm", "2026-03-01 14:30"),  # noqa: DTZ001 - as above
        (time(9, 5), "h:mm", "09:05"),
        ("line\nbreak", None, "line\nbreak"),
    ]
    sheet.append([f"Name {place}" for place in range(len(shown))])
    for column, (value, shape, _) in enumerate(shown, start=1):
        cell = sheet.cell(2, column, value)
        if shape:
            cell.number_format = shape
    book.save(tmp_path / "p.xlsx")
    assert table_of(tmp_path / "p.xlsx")[1] == tuple(text for _, _, text in shown)


def test_runs_of_a_rich_text_are_joined_and_phonetic_readings_left_out(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>',
        strings="<si><t>Name</t></si><si><r><t>red </t></r><r><t>lamp</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>",
    )
    assert table_of(path) == [("Name",), ("red lamp",)]
    book = openpyxl.Workbook()
    book.active["A1"] = "Name"
    book.active["A2"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"))
    book.save(tmp_path / "rich.xlsx")
    assert table_of(tmp_path / "rich.xlsx")[1] == ("plain bold",)


def test_escaped_characters_are_decoded(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row><c t="inlineStr"><is><t>Name</t></is></c></row>'
        '<row><c t="inlineStr"><is><t>a_x000D_b _x005F_x000D_ _xD83D__xDE00_ _xD83D_</t></is></c></row>',
    )
    assert table_of(path)[1] == ("a\rb _x000D_ \U0001f600 �",)


def test_rows_and_cells_without_references_follow_one_another(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row><c t="inlineStr"><is><t>SKU</t></is></c><c t="inlineStr"><is><t>Title</t></is></c></row>'
        "<row><c/><c><v>7</v></c></row><row/><row><c><v>8</v></c></row>",
    )
    sheet = open_sheet(path)
    assert [(row.number, row.cells) for row in sheet.rows()] == [(2, ("", "7")), (4, ("8",))]


@pytest.mark.parametrize("options", [{"prefix": "x:"}, {"namespace": STRICT}])
def test_prefixed_and_strict_workbooks_are_read(tmp_path, options):
    p = options.get("prefix", "")
    cells = {1: "N", 2: "x"}
    rows = "".join(
        f'<{p}row r="{row}"><{p}c r="B{row}" t="str"><{p}v>{text}</{p}v></{p}c></{p}row>' for row, text in cells.items()
    )
    assert table_of(write_package(tmp_path / "p.xlsx", rows, **options)) == [("", "N"), ("", "x")]


def test_strict_dates_are_iso_text(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row><c t="str"><v>When</v></c></row><row><c t="d"><v>2026-03-01T00:00:00</v></c></row>'
        '<row><c t="d"><v>2026-03-01T08:15:00Z</v></c></row>',
        namespace=STRICT,
    )
    assert table_of(path)[1:] == [("2026-03-01",), ("2026-03-01 08:15:00",)]


def test_dates_count_from_1904_when_the_workbook_says_so(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["When"])
    book.active.append([datetime(2026, 3, 1)])  # noqa: DTZ001 - cells have no time zone
    book.save(tmp_path / "p.xlsx")
    assert table_of(tmp_path / "p.xlsx")[1] == ("2026-03-01",)


def test_dates_count_from_1904_whatever_the_workbooks_extensions_say(tmp_path):
    later = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets><extLst><ext>'
        f'<x14:workbookPr xmlns:x14="{later}" defaultImageDpi="32767"/></ext></extLst></workbook>'
    )
    path = write_package(
        tmp_path / "p.xlsx",
        '<row><c t="str"><v>When</v></c></row><row><c s="1"><v>40850</v></c></row>',
        styles='<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>',
        workbook=workbook,
    )
    assert table_of(path)[1] == ("2015-11-04",)


def test_a_formula_gives_its_stored_result_and_a_missing_one_is_noted(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Sum</v></c></row>'
        '<row r="2"><c r="A2" t="str"><f>A9</f><v>lamp</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B3"><f>1+1</f></c></row>',
    )
    sheet = open_sheet(path)
    assert [row.cells for row in sheet.rows()] == [("lamp", "2"), ("#DIV/0!",)]
    assert sheet.info.notes == ("Row 3 has formulas without a stored result, read as empty: save the workbook once.",)


def test_rows_of_empty_strings_are_no_rows(tmp_path):
    path = workbook(tmp_path / "p.xlsx", [["SKU", "Title"], ["1", "Lamp"], *[["", " "]] * 300])
    assert len(table_of(path)) == 2


def test_hidden_and_instruction_sheets_are_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Hidden"
    book.active.sheet_state = "hidden"
    for row in (["A", "B", "C"], ["1", "2", "3"]):
        book.active.append(row)
    notes = book.create_sheet("Read me")
    for text in ("How to fill in this file", "Fill in every column", "Send it back"):
        notes.append([text])
    products = book.create_sheet("Products")
    for row in (["SKU", "Title", "Brand"], ["1", "Lamp", "NA"]):
        products.append(row)
    book.save(tmp_path / "p.xlsx")
    assert open_sheet(tmp_path / "p.xlsx").info.sheet == "Products"
    assert open_sheet(tmp_path / "p.xlsx", ReadOptions(sheet="hidden")).info.sheet == "Hidden"


def test_a_sheet_that_does_not_exist_is_named_with_the_nearest(tmp_path):
    path = workbook(tmp_path / "p.xlsx", [["SKU"], ["1"]])
    with pytest.raises(UserError, match=r'no sheet "Product".* Did you mean "Products"') as caught:
        open_sheet(path, ReadOptions(sheet="Product"))
    assert caught.value.code == "sheet"


def test_a_sheet_with_a_header_only_has_no_rows(tmp_path):
    sheet = open_sheet(workbook(tmp_path / "p.xlsx", [["SKU", "Title", "Brand"]]))
    assert list(sheet.rows()) == []
    assert [column.header for column in sheet.info.columns] == ["SKU", "Title", "Brand"]


def test_an_empty_workbook_says_so(tmp_path):
    with pytest.raises(UserError, match="empty") as caught:
        open_sheet(workbook(tmp_path / "p.xlsx", []))
    assert caught.value.code == "source"


def test_a_cell_at_the_far_corner_costs_nothing(tmp_path):
    path = write_package(
        tmp_path / "p.xlsx",
        '<row r="1"><c r="A1" t="str"><v>SKU</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="str"><v></v></c><c r="ZZZZ1048576"><v>1</v></c></row>',
    )
    assert table_of(path)[1] == ("1",)


def test_an_entity_bomb_is_refused_or_left_folded(tmp_path):
    path = write_package(tmp_path / "p.xlsx", '<row><c t="str"><v>SKU</v></c></row>')
    entities = '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    part = "xl/worksheets/sheet1.xml"
    parts[part] = (entities + "]>").encode() + parts[part].replace(b"SKU", b"SKU&i;")
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    try:
        table = table_of(path)
    except UserError as error:
        # Which of the two it is depends on the version of the XML library.
        table = [("SKU",)] if "damaged" in error.message else []
    assert table == [("SKU",)]


def test_a_shared_string_that_is_missing_is_damage(tmp_path):
    path = write_package(tmp_path / "p.xlsx", '<row><c t="s"><v>4</v></c></row>')
    with pytest.raises(UserError, match="damaged"):
        open_sheet(path)
