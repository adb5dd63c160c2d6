from __future__ import annotations

import os
import zipfile

import openpyxl
import pytest
from intake_files import refused

from jobs.intake.opening import open_sheet


def test_a_missing_file_is_named_with_its_nearest_neighbours(tmp_path):
    (tmp_path / "products.csv").write_text("SKU\n1\n")
    error = refused(tmp_path / "product.csv")
    assert error.code == "source"
    assert 'Did you mean "products.csv"?' in error.message


def test_a_missing_folder_is_named(tmp_path):
    assert "Nor does the folder" in refused(tmp_path / "nowhere" / "products.csv").message


def test_a_folder_is_no_spreadsheet(tmp_path):
    assert "is a folder" in refused(tmp_path).message


def test_a_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a device" in refused(tmp_path / "pipe.csv").message


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "cannot be read" in refused(tmp_path / "loop.csv").message


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n  \n", b",,,\n,,,\n"])
def test_a_file_without_text_is_empty(tmp_path, content):
    path = tmp_path / "products.csv"
    path.write_bytes(content)
    error = refused(path)
    assert error.code == "source"
    assert "is empty" in error.message


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n\x1a\n....", "a PNG picture"),
        (b"<?xml version='1.0'?><kml/>", "an XML file"),
        (b"<!doctype html><table>", "an HTML page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "looks like an encrypted workbook"),
        (bytes(range(256)) * 8, "a binary file"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_what_is_no_spreadsheet_is_called_by_its_name(tmp_path, content, kind):
    path = tmp_path / "products.xlsx"
    path.write_bytes(content)
    error = refused(path)
    assert error.code == "source"
    assert kind in error.message


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("notes.txt", "without a workbook"),
        ("content.xml", "without a workbook"),
        ("xl/workbook.bin", "damaged"),
        ("word/document.xml", "a Word document"),
    ],
)
def test_a_zip_of_something_else_is_refused(tmp_path, part, kind):
    path = tmp_path / "products.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(part, "x")
    assert kind in refused(path).message


def test_a_workbook_that_breaks_off_is_damaged(tmp_path):
    path = tmp_path / "products.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Title"])
    book.save(path)
    path.write_bytes(path.read_bytes()[:-400])
    assert "damaged" in refused(path).message


def test_a_workbook_is_known_by_its_content_whatever_its_name_says(tmp_path):
    book = openpyxl.Workbook()
    for row in (["SKU", "Title"], ["00123", "Lamp"]):
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    path = (tmp_path / "export.xlsx").rename(tmp_path / "export.csv")
    assert open_sheet(path).info.format == "xlsx"


def test_delimited_text_has_no_sheets(tmp_path):
    path = tmp_path / "products.csv"
    path.write_text("SKU,Title\n1,Lamp\n")
    assert refused(path, sheet="EU").code == "sheet"


@pytest.mark.parametrize("row", [3, 900])
def test_a_header_row_without_text_is_refused(tmp_path, row):
    path = tmp_path / "products.csv"
    path.write_text("SKU,Title\n1,Lamp\n\n2,Vase\n")
    error = refused(path, header_row=row)
    assert error.code == "header_row"
    assert f"--header-row {row}" in error.message
