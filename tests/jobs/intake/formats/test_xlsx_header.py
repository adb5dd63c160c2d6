from __future__ import annotations

import openpyxl
import pytest

from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions


def merged(path, rows, *ranges):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for each in ranges:
        book.active.merge_cells(each)
    book.save(path)
    return path


def header(path, **options):
    info = open_sheet(path, ReadOptions(**options)).info
    return info.header_row, [column.header for column in info.columns]


PRODUCTS = [["1", "Lamp", "10", "20", "30", "5.00"], ["2", "Chair", "40", "50", "60", "9.00"]]


def test_a_header_that_is_merged_over_columns_names_all_of_them(tmp_path):
    path = merged(tmp_path / "p.xlsx", [["SKU", "Title", "Size", None, None, "Price"], *PRODUCTS], "C1:E1")
    assert header(path) == (1, ["SKU", "Title", "Size", "Size (2)", "Size (3)", "Price"])


def test_headers_that_are_merged_downwards_name_their_columns_beside_the_parts_of_a_group(tmp_path):
    rows = [["SKU", "Title", "Size", None, None, "Price"], [None, None, "Length", "Width", "Height", None], *PRODUCTS]
    names = ["SKU", "Title", "Length", "Width", "Height", "Price"]
    path = merged(tmp_path / "p.xlsx", rows, "A1:A2", "B1:B2", "C1:E1", "F1:F2")
    assert header(path) == (2, names)
    assert header(path, header_row=2) == (2, names)
    assert header(path, header_row=1)[0] == 1
    assert [row.cells[:2] for row in open_sheet(path).rows()] == [("1", "Lamp"), ("2", "Chair")]
    assert header(merged(tmp_path / "q.xlsx", rows, "C1:E1")) == (2, names)


def test_a_group_above_the_header_leaves_its_names_as_they_are(tmp_path):
    names = ["SKU", "Title", "Length", "Width", "Height", "Price"]
    rows = [["Our spring range"], ["Basics", None, "Dimensions", None, None, "Offer"], names, *PRODUCTS]
    assert header(merged(tmp_path / "p.xlsx", rows, "A1:F1", "A2:B2", "C2:E2")) == (3, names)


def test_a_title_that_is_merged_over_the_table_is_no_header(tmp_path):
    rows = [["Lamps of the season, all prices without tax"], [None], ["SKU", "Title", "Price"], ["1", "Lamp", "5.00"]]
    assert header(merged(tmp_path / "p.xlsx", rows, "A1:C2")) == (3, ["SKU", "Title", "Price"])


def template(path):
    """What marketplaces hand out to be filled in."""
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "Instructions"
    for field in ("item_sku", "item_name", "brand_name"):
        notes.append([field, "What it means and what may be in it", "Required", "An example of it"])
    sheet = book.create_sheet("Template")
    sheet.append(["TemplateType=home", "Version=2026.03", "The first three rows are for the marketplace only."])
    sheet.append(["Basics", None, None, "Offer", None, "Images", None])
    sheet.append(["SKU", "Product title", "Brand", "Price", "Quantity", "Main image URL", "Other image URL"])
    for merge in ("A2:C2", "D2:E2", "F2:G2"):
        sheet.merge_cells(merge)
    for row in range(4, 304):
        for column in range(1, 8):
            sheet.cell(row, column).value = ""
    hidden = book.create_sheet("Valid values")
    hidden.sheet_state = "hidden"
    for number in range(50_000):
        hidden.append([f"value {number}", "x", "y"])
    book.save(path)
    return path


def test_a_template_without_products_gives_its_header_and_no_rows(tmp_path):
    sheet = open_sheet(template(tmp_path / "p.xlsx"))
    assert (sheet.info.sheet, sheet.info.header_row) == ("Template", 3)
    assert [column.header for column in sheet.info.columns][:3] == ["SKU", "Product title", "Brand"]
    assert len(sheet.info.columns) == 7
    assert list(sheet.rows()) == []


@pytest.mark.parametrize("title", ["Help", "Liesmich"])
def test_sheets_of_instructions_are_passed_over_even_when_they_are_tables(tmp_path, title):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in (["Field", "Meaning", "Required"], ["sku", "Your own number", "yes"]):
        book.active.append(row)
    products = book.create_sheet("Spring")
    for row in (["SKU", "Title", "Brand"], ["1", "Lamp", "NA"]):
        products.append(row)
    book.save(tmp_path / "p.xlsx")
    assert open_sheet(tmp_path / "p.xlsx").info.sheet == "Spring"


def test_charts_on_a_sheet_of_their_own_are_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.create_chartsheet("Chart", 0)
    for row in (["SKU", "Title", "Brand"], ["1", "Lamp", "NA"]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "p.xlsx")
    assert [row.cells for row in open_sheet(tmp_path / "p.xlsx").rows()] == [("1", "Lamp", "NA")]
