"""Workbooks as they are in the wild: what stands beside the table, and packages that are not as they should be."""

import io
import re
import zipfile
from itertools import pairwise

import openpyxl
import pytest
import xlsxwriter
from outputs_making import SEO, result
from workbooks_making import HEADER, OFFICE, PIXEL, ROW, bare_workbook, rich_workbook, sheet_of, text

from jobs.intake.formats.xlsx import XlsxSheet
from jobs.sheet import ReadOptions
from outputs.writeback import write_workbook
from outputs.xlsx import package as packages

SHEET = "xl/worksheets/sheet1.xml"


def write(source, results, *, sheet="Products", fill=None):
    target = source.with_name("out.xlsx")
    table = XlsxSheet(source, ReadOptions(sheet=sheet)).info
    notes = write_workbook(
        table, target, templates=[SEO], locales=[], fill=fill or {}, results=results, simulated=False
    )
    return target, notes


def sheet_xml(path, part=SHEET):
    with zipfile.ZipFile(path) as package:
        return package.read(part).decode()


def headers(path):
    return [column.raw for column in XlsxSheet(path, ReadOptions(sheet="Products")).info.columns]


def book(path, *, more=None):
    """A table of two columns and three rows, with more in it."""
    made = xlsxwriter.Workbook(path)
    sheet = made.add_worksheet("Products")
    sheet.write_row(0, 0, ["SKU", "Name"])
    for row in range(1, 4):
        sheet.write_row(row, 0, [f"{row:03}", f"name {row}"])
    if more:
        more(made, sheet)
    made.close()
    return path


def changed(path, edits, *, add=None):
    """Edit parts of a package by their text, and add parts."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for name, edit in edits.items():
        parts[name] = edit(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in {**parts, **(add or {})}.items():
            package.writestr(name, data)
    return path


def test_a_table_of_excels_that_ends_at_the_last_column_stays_and_ours_stand_right_of_it(tmp_path):
    source = book(tmp_path / "in.xlsx", more=lambda _, sheet: sheet.add_table("A1:C4", {"autofilter": True}))
    target, _ = write(source, [result(2)])
    assert headers(target).index("SEO title") == 3
    assert openpyxl.load_workbook(target)["Products"].tables["Table1"].ref == "A1:C4"


def test_sparklines_in_empty_cells_are_not_written_over(tmp_path):
    source = book(tmp_path / "in.xlsx", more=lambda _, sheet: sheet.add_sparkline("E2", {"range": "Products!A2:B2"}))
    assert headers(write(source, [result(2)])[0]).index("SEO title") == 5


def test_a_picture_with_a_size_and_one_within_alternate_content_are_kept_clear_of(tmp_path):
    source = book(
        tmp_path / "in.xlsx", more=lambda _, sheet: sheet.insert_image("C2", "p.png", {"image_data": io.BytesIO(PIXEL)})
    )
    drawing = "xl/drawings/drawing1.xml"
    one_cell = changed(
        source, {drawing: lambda xml: re.sub(r"<xdr:to>.*?</xdr:to>", '<xdr:ext cx="3000000" cy="9525"/>', xml)
                 .replace("twoCellAnchor", "oneCellAnchor")}
    )  # fmt: skip
    assert headers(write(one_cell, [result(2)])[0]).index("SEO title") == 8
    markup = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    wrapped = changed(
        one_cell,
        {drawing: lambda xml: re.sub(
            r"(<xdr:oneCellAnchor.*</xdr:oneCellAnchor>)",
            rf'<mc:AlternateContent {markup}><mc:Choice Requires="a14">\1</mc:Choice></mc:AlternateContent>', xml)},
    )  # fmt: skip
    assert headers(write(wrapped, [result(2)])[0]).index("SEO title") == 8


def test_a_pivot_table_beside_the_rows_is_kept_clear_of(tmp_path):
    relation = f'<Relationship Id="p" Type="{OFFICE}/pivotTable" Target="../pivotTables/pivotTable1.xml"/>'
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relation}</Relationships>'
    pivot = '<pivotTableDefinition xmlns="x"><location ref="D1:F9"/></pivotTableDefinition>'
    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW))
    changed(source, {}, add={"xl/worksheets/_rels/sheet1.xml.rels": rels, "xl/pivotTables/pivotTable1.xml": pivot})
    target, _ = write(source, [result(2)])
    assert '<c r="G2" t="inlineStr"><is><t xml:space="preserve">Title 2' in sheet_xml(target)


def test_an_array_formula_without_results_is_kept_clear_of(tmp_path):
    rows = HEADER + ROW.replace("</row>", '<c r="D2"><f t="array" ref="D2:F4">A2:C4</f></c></row>')
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", sheet_of(rows)), [result(2)])
    assert headers(target).index("SEO title") == 6


def test_fill_leaves_cells_that_a_merged_one_or_an_array_formula_shows(tmp_path):
    def more(_, sheet):
        sheet.merge_range("B3:B4", "merged")
        sheet.write_row("C1", ["Twice"])
        sheet.write_array_formula("C2:C4", "{=A2:A4*2}", None, 2)

    source = book(tmp_path / "in.xlsx", more=more)
    filled = {"title": "Name", "meta": "Twice"}
    target, notes = write(source, [result(row) for row in (2, 3, 4)], fill=filled)
    sheet = openpyxl.load_workbook(target)["Products"]
    assert [sheet.cell(row, 2).value for row in (2, 3, 4)] == ["Title 2", "Title 3", None]
    assert (notes.merged_cells, notes.formula_cells) == (1, 3)
    formulas, merged = notes.lines()
    assert "3 texts not written, because the cell holds a formula: row 2" in formulas
    assert merged == '1 text not written, because a merged cell lies over the cell: row 4 "SEO title".'


def test_cells_that_are_empty_and_formatted_as_dates_do_not_show_our_counts_as_dates(tmp_path):
    def more(made, sheet):
        date = made.add_format({"num_format": "yyyy-mm-dd"})
        for column in range(2, 12):
            sheet.write_blank(1, column, None, date)

    target, _ = write(book(tmp_path / "in.xlsx", more=more), [result(2)])
    formats = {cell.value: cell.number_format for cell in openpyxl.load_workbook(target)["Products"][2]}
    assert (formats[100], formats[20], formats["done"]) == ("General", "General", "General")


def test_long_copy_wraps_in_a_format_that_the_workbook_has_and_its_row_grows(tmp_path):
    def more(made, sheet):
        sheet.write_string("F20", "elsewhere", made.add_format({"text_wrap": True, "valign": "top"}))
        sheet.write_string("F21", "warning", made.add_format({"text_wrap": True, "bg_color": "red", "bold": True}))
        sheet.set_row(2, 18)

    copy = {"title": "Short", "meta": "Long. " * 40}
    target, _ = write(book(tmp_path / "in.xlsx", more=more), [result(row, copy=copy) for row in (2, 3)])
    sheet = openpyxl.load_workbook(target)["Products"]
    place = headers(target).index("Meta description") + 1
    cell = sheet.cell(2, place)
    assert (cell.alignment.wrap_text, cell.alignment.vertical, cell.font.b) == (True, "top", False)
    assert cell.fill.fill_type is None
    assert sheet.row_dimensions[2].height > 60
    assert sheet.row_dimensions[3].height == 18


def test_without_such_a_format_copy_stands_on_one_line(tmp_path):
    def more(made, sheet):
        sheet.set_row(0, 30, made.add_format({"text_wrap": True, "bold": True}))

    target, _ = write(book(tmp_path / "in.xlsx", more=more), [result(2, copy={"title": "T", "meta": "Long. " * 40})])
    sheet = openpyxl.load_workbook(target)["Products"]
    assert not any(cell.alignment.wrap_text for cell in sheet[2])
    assert sheet.row_dimensions[2].height is None


def test_columns_that_are_formatted_to_the_end_of_the_sheet_keep_their_format_under_ours(tmp_path):
    source = book(
        tmp_path / "in.xlsx",
        more=lambda made, sheet: sheet.set_column(0, 16383, 9, made.add_format({"bg_color": "#EEEEEE"})),
    )
    target, _ = write(source, [result(2)])
    cols = re.findall(r"<col [^>]*>", sheet_xml(target))
    assert '<col min="3" max="3" width="50" style="1" customWidth="1"/>' in cols
    bounds = [tuple(map(int, re.findall(r'm[inax]+="(\d+)"', col))) for col in cols]
    assert bounds[0][0] == 1
    assert bounds[-1][1] == 16384
    assert all(left[1] + 1 == right[0] for left, right in pairwise(bounds))


def test_rows_without_anything_are_left_as_they_are(tmp_path):
    phantom = "".join(f'<row r="{row}" spans="1:3" ht="15"/>' for row in range(3, 400))
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW + phantom)), [result(2)])
    assert phantom in sheet_xml(target)


def test_a_row_without_cells_takes_ours(tmp_path):
    rows = '<row r="1" spans="1:2"><c r="A1" ' + text("SKU") + f'<c r="B1" {text("Name")}</row>' + ROW
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", sheet_of(f'{rows}<row r="3"/>')), [result(2), result(3)])
    assert re.search(r'<row r="3"><c r="C3"', sheet_xml(target))


@pytest.mark.parametrize("name", ['Größe & "Farbe" <\'24>', "商品", "It's"])
def test_a_sheet_is_found_by_any_name(tmp_path, name):
    made = xlsxwriter.Workbook(tmp_path / "in.xlsx")
    made.add_worksheet("Other")
    sheet = made.add_worksheet(name)
    sheet.write_row(0, 0, ["SKU", "Name"])
    sheet.write_row(1, 0, ["1", "one"])
    made.close()
    target, _ = write(tmp_path / "in.xlsx", [result(2)], sheet=name)
    assert openpyxl.load_workbook(target)[name]["C2"].value == "Title 2"


def test_a_protected_sheet_stays_so_and_signed_macros_are_named(tmp_path):
    source = book(tmp_path / "in.xlsx", more=lambda _, sheet: sheet.protect("secret"))
    signed = {"xl/vbaProjectSignature.bin": b"signed"}
    target, notes = write(changed(source, {}, add=signed), [result(2)])
    assert openpyxl.load_workbook(target)["Products"].protection.sheet
    assert notes.lines() == ["The signed macros came back as they were: their signature holds."]


def test_of_two_entries_of_one_name_the_one_that_programs_read_takes_the_copy(tmp_path):
    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER))
    with zipfile.ZipFile(source, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr(SHEET, sheet_of(HEADER + ROW))
    target, _ = write(source, [result(2)])
    assert "Title 2" in sheet_xml(target)


@pytest.mark.parametrize(
    ("was", "named"),
    [(SHEET, "xl\\worksheets\\sheet1.xml"), (SHEET, "/xl/worksheets/sheet1.xml"), (SHEET, "XL/Worksheets/Sheet1.XML")],
)
def test_odd_names_of_entries_are_found_and_kept(tmp_path, was, named):
    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW))
    with zipfile.ZipFile(source) as package:
        parts = {named if name == was else name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(source, "w") as package:
        package.comment = b"from the shop"
        for name, data in parts.items():
            package.writestr(name, data)
    target, _ = write(source, [result(2)])
    with zipfile.ZipFile(target) as package:
        assert package.namelist() == list(parts)
        assert package.comment == b"from the shop"
        assert b"Title 2" in package.read(named)


def test_a_part_that_may_grow_past_the_old_limit_gets_an_entry_that_can(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "_BIG_BYTES", 10)
    target, _ = write(rich_workbook(tmp_path / "in.xlsx"), [result(2)])
    with zipfile.ZipFile(target) as package:
        assert package.testzip() is None
        assert b"Title 2" in package.read(SHEET)
