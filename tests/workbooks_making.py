"""Workbooks as users have them, and sheets by their bare XML."""

import datetime as dt
import io
import struct
import zipfile
import zlib

import xlsxwriter

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PIXEL = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff\0\0")),
        (b"IEND", b""),
    )
)


def rich_workbook(path):
    """A workbook with what users put into one: formats, formulas, a chart, a picture, a table, comments, rules."""
    book = xlsxwriter.Workbook(path)
    bold, date = book.add_format({"bold": True, "bg_color": "#DDEEFF"}), book.add_format({"num_format": "yyyy-mm-dd"})
    money, wrapped = book.add_format({"num_format": "#,##0.00 €"}), book.add_format({"text_wrap": True})
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, ["SKU", "Name", "Price", "Since", "Gross"], bold)
    for row in range(1, 6):
        sheet.write_string(row, 0, f"{row:05}", wrapped)
        sheet.write_rich_string(row, 1, "A ", bold, f"bold name {row}", wrapped)
        sheet.write_number(row, 2, row * 1.5, money)
        sheet.write_datetime(row, 3, dt.date(2026, 1, row), date)
        sheet.write_formula(row, 4, f"=C{row + 1}*1.19", money, row * 1.785)
    sheet.write_comment("B2", "Check this")
    sheet.conditional_format("C2:C6", {"type": "data_bar"})
    sheet.data_validation("A2:A6", {"validate": "length", "criteria": "<", "value": 10})
    sheet.set_column(0, 3, 12)
    sheet.set_column(6, 16383, 3, None, {"hidden": True})
    sheet.insert_image(10, 0, "p.png", {"image_data": io.BytesIO(PIXEL)})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Products!$C$2:$C$6"})
    sheet.insert_chart(20, 0, chart)
    other = book.add_worksheet("Other")
    other.add_table("A1:B3", {"data": [["a", 1], ["b", 2]]})
    other.write_url("D1", "https://example.com")
    book.close()
    return path


def bare_workbook(path, sheet_xml, *, encoding="utf-8"):
    """A workbook with this XML as its only sheet."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
        'Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {NS} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Products" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    with zipfile.ZipFile(path, "w") as package:
        for name, text in parts.items():
            package.writestr(name, text)
        package.writestr("xl/worksheets/sheet1.xml", sheet_xml.encode(encoding))
    return path


def text(value):
    return f't="inlineStr"><is><t>{value}</t></is></c>'


def sheet_of(rows, *, before="", after=""):
    return f'<?xml version="1.0"?><worksheet {NS}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


HEADER = f'<row r="1"><c r="A1" {text("SKU")}<c r="B1" {text("Name")}</row>'
ROW = f'<row r="2"><c r="A2" {text("1")}<c r="B2" {text("one")}</row>'
