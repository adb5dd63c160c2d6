"""Five workbooks that hold together all that users put into one; the table is the sheet "Products" of each."""

from __future__ import annotations

import base64
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from round_trip_parts import CUSTOM_XML, EXTERNAL, PIVOT, THREADS, added
from workbooks_making import PIXEL

_HEADER = ["SKU", "Name", "Price", "Since", "Gross"]
#: The smallest picture in the WebP format.
WEBP = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
_STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/": "http://purl.oclc.org/ooxml/officeDocument/",
    "http://schemas.openxmlformats.org/drawingml/2006/": "http://purl.oclc.org/ooxml/drawingml/",
}


def macro_book(path: Path) -> Path:
    """XlsxWriter: signed macros, charts, sparklines, data bars, rich text, rules, a table, controls, protection."""
    book = xlsxwriter.Workbook(path)
    project, signature = path.with_name("vbaProject.bin"), path.with_name("vbaProjectSignature.bin")
    project.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    signature.write_bytes(b"signature")
    book.add_signed_vba_project(project, signature)
    bold, wrapped = book.add_format({"bold": True, "border": 1}), book.add_format({"text_wrap": True, "valign": "top"})
    money, date = book.add_format({"num_format": "#,##0.00 €"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, [*_HEADER, "Trend"], bold)
    for row in range(1, 6):
        sheet.write_string(row, 0, f"{row:05}", wrapped)
        sheet.write_rich_string(row, 1, "A ", bold, f"bold name {row}", wrapped)
        sheet.write_number(row, 2, row * 1.5, money)
        sheet.write_datetime(row, 3, dt.date(2026, 1, row), date)
        sheet.write_formula(row, 4, f"=C{row + 1}*1.19", money, row * 1.785)
        sheet.add_sparkline(row, 5, {"range": "Products!C2:C6"})
    sheet.conditional_format("C2:C6", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("A2:XFD6", {"type": "formula", "criteria": "=MOD(ROW(),2)", "format": bold})
    sheet.data_validation("A2:A6", {"validate": "list", "source": "=Names"})
    sheet.write_comment("B2", "Check this")
    sheet.insert_image(10, 0, "p.png", {"image_data": io.BytesIO(PIXEL)})
    sheet.insert_button("B12", {"macro": "Refresh", "caption": "Refresh"})
    sheet.insert_textbox(14, 0, "Ask Ina before you change prices")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Products!$C$2:$C$6", "trendline": {"type": "linear"}})
    sheet.insert_chart(20, 0, chart)
    sheet.autofilter("A1:F6")
    sheet.freeze_panes(1, 1)
    sheet.protect("secret", {"sort": True})
    other = book.add_worksheet("Lists")
    other.add_table("A1:B3", {"data": [["a", 1], ["b", 2]], "total_row": True})
    other.insert_checkbox("D1", True)
    book.define_name("Names", "=Lists!$A$2:$A$3")
    book.close()
    return path


def mac_book(path: Path) -> Path:
    """openpyxl: dates from 1904, array and what-if formulas, groups, protection, links to another workbook."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = "Products"
    sheet.append(["Spring range"])
    sheet.merge_cells("A1:E1")
    sheet.append(_HEADER)
    for row in range(3, 8):
        sheet.append([f"{row:05}", f"name {row}", row * 1.5, dt.datetime(2026, 1, row), f"=C{row}*1.19"])  # noqa: DTZ001 - cells have no zone
        sheet.cell(row, 4).number_format = "yyyy-mm-dd"
        sheet.cell(row, 2).alignment = Alignment(wrap_text=True, vertical="center")
    for cell in sheet[2]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDEEFF")
    sheet["A3"].protection = Protection(locked=False)
    sheet["G10"] = ArrayFormula("G10:G12", "=C3:C5*2")
    sheet["H10"] = DataTableFormula("H10:H12", ca=True, dt2D=False, r1="C3")
    sheet["B4"].hyperlink = "https://example.com/?a=1&b=2"
    sheet.column_dimensions.group("C", "D", hidden=True)
    sheet.print_title_rows = "2:2"
    sheet.auto_filter.ref = "A2:E7"
    sheet.protection.enable()
    book.defined_names["Prices"] = DefinedName("Prices", attr_text="Products!$C$3:$C$7")
    book.security.lockStructure = True
    book.create_sheet("Notes").sheet_state = "hidden"
    book.save(path)
    return added(path, EXTERNAL)


def office_book(path: Path) -> Path:
    """Parts of today's Office: pictures in cells and in WebP, threaded comments, a pivot table, custom XML."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, [*_HEADER, "Picture"])
    for row in range(1, 4):
        sheet.write_row(row, 0, [f"{row:05}", f"name {row}", row * 1.5, "2026-01-01", row * 2])
        sheet.embed_image(row, 5, "cell.png", {"image_data": io.BytesIO(PIXEL)})
    sheet.insert_image(10, 0, "floating.png", {"image_data": io.BytesIO(PIXEL + b"\0")})
    sheet.write_comment("A2", "[Threaded comment]")
    sheet.write_dynamic_array_formula("H20:H20", "=SUM(C2:C4)", None, 9)
    book.add_worksheet("Pivot")
    book.close()
    return added(_in_webp(path), {**THREADS, **PIVOT, **CUSTOM_XML})


def strict_book(path: Path) -> Path:
    """The same as Excel saves it as "Strict Open XML Spreadsheet"."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Products")
    wrapped = book.add_format({"text_wrap": True, "font_name": "Arial"})
    sheet.write_row(0, 0, _HEADER, book.add_format({"italic": True}))
    for row in range(1, 4):
        sheet.write_row(row, 0, [f"{row:05}", f"name {row}", row * 1.5, "2026-01-01"], wrapped)
        sheet.write_formula(row, 4, f"=C{row + 1}*2", None, row * 3)
    sheet.conditional_format("C2:C4", {"type": "3_color_scale"})
    chart = book.add_chart({"type": "pie"})
    chart.add_series({"values": "=Products!$C$2:$C$4"})
    sheet.insert_chart(8, 0, chart)
    book.close()
    _rewritten(path, lambda name, data: data if name.startswith("[") else _strictly(data))
    return path


def odd_book(path: Path) -> Path:
    """XML as other programs write it: prefixes, UTF-16, stored parts, alternate content, shared formulas."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, ["SKU", "Name"])
    sheet.write_row(1, 0, ["1", "one"])
    book.close()
    _rewritten(path, lambda name, data: _ODD_SHEET.encode("utf-16") if name.endswith("sheet1.xml") else data)
    return path


BOOKS: Mapping[str, Callable[[Path], Path]] = {
    "macros.xlsm": macro_book,
    "mac.xlsx": mac_book,
    "office.xlsx": office_book,
    "strict.xlsx": strict_book,
    "odd.xlsx": odd_book,
}

_ODD_SHEET = """<?xml version="1.0" encoding="UTF-16" standalone="yes"?>
<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="ac"
 xmlns:ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><!-- <x:sheetData> is below -->
<x:dimension ref="A1:XFD1048576"/><x:sheetFormatPr defaultRowHeight="15" ac:dyDescent="0.25"/>
<x:cols><x:col min="1" max="16384" width="11" customWidth="1"/></x:cols><x:sheetData>
<x:row r="1" ac:dyDescent="0.25"><x:c r="A1" t="inlineStr"><x:is><x:t>SKU</x:t></x:is></x:c><x:c t="inlineStr"><x:is>
<x:t>Größe &amp; Name</x:t></x:is></x:c><x:c r="C1" t="str"><x:v>Gross</x:v></x:c></x:row>
<x:row r='2' spans='1:3' ac:dyDescent='0.25'><x:c r='A2' t='inlineStr'><x:is><x:t>0001</x:t></x:is></x:c><x:c r='B2'
 t='inlineStr'><x:is><x:r><x:t>A </x:t></x:r><x:r><x:rPr><x:b/></x:rPr><x:t>bold</x:t></x:r></x:is></x:c><x:c r='C2'>
<x:f t='shared' ref='C2:C4' si='0'>ROW()*2</x:f><x:v>4</x:v></x:c></x:row>
<x:row r="3"><x:c r="A3" t="inlineStr"><x:is><x:t xml:space="preserve"> 0002</x:t></x:is></x:c><x:c r="C3">
<x:f t="shared" si="0"/><x:v>6</x:v></x:c></x:row>
<x:row><x:c t="inlineStr"><x:is><x:t><![CDATA[</x:row> 3]]></x:t></x:is></x:c><x:c><x:v>12.5</x:v></x:c><x:c r="C4">
<x:f t="shared" si="0"/><x:v>8</x:v></x:c></x:row>
<x:row r="5"/><x:row r="1000" hidden="1"/></x:sheetData><x:autoFilter ref="A1:C4"/>
<mc:AlternateContent><mc:Choice Requires="none"/><mc:Fallback/></mc:AlternateContent></x:worksheet>
"""


def _strictly(data: bytes) -> bytes:
    for usual, strict in _STRICT.items():
        data = data.replace(usual.encode(), strict.encode())
    return data


def _in_webp(path: Path) -> Path:
    """Turn the floating picture into WebP, which Excel takes since 2021 and no library writes."""
    return _rewritten(path, lambda name, data: WEBP if name.endswith(".webp") else _webp_names(data))


def _webp_names(data: bytes) -> bytes:
    png, webp = b'<Default Extension="png"', b'<Default Extension="webp" ContentType="image/webp"/>'
    return data.replace(b"media/image2.png", b"media/image2.webp").replace(png, webp + png)


def _rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w") as package:
        package.comment = b"as it was"
        for name, data in parts.items():
            new = name.replace("image2.png", "image2.webp")
            stored = zipfile.ZIP_STORED if len(data) % 2 else zipfile.ZIP_DEFLATED
            package.writestr(new, change(new, data), compress_type=stored)
    return path
