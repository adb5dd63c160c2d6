from __future__ import annotations

import io

import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from xls_making import write_xls
from xlsb_making import write_xlsb

from jobs.intake.ole import OleContent, ole_content
from jobs.intake.opening import open_sheet
from templates.errors import UserError

TABLE = {"P": [["SKU", "Name", "Price"], ["1", "Lamp", 2]]}


def test_an_old_workbook_is_told_from_an_encrypted_new_one(tmp_path):
    assert ole_content(write_xls(tmp_path / "p.xls", TABLE)) is OleContent.XLS
    plain = write_xlsb(tmp_path / "p.xlsb", TABLE)
    with (tmp_path / "secret.xlsb").open("wb") as out:
        OOXMLFile(io.BytesIO(plain.read_bytes())).encrypt("123", out)
    assert ole_content(tmp_path / "secret.xlsb") is OleContent.ENCRYPTED


def test_another_programs_document_is_named(tmp_path):
    path = write_xls(tmp_path / "p.doc", TABLE)
    name = "Workbook".encode("utf-16-le")
    path.write_bytes(
        path.read_bytes()
        .replace(name + bytes(48), "WordDocument".encode("utf-16-le") + bytes(40))
        .replace(b"\x12\0\2\1", b"\x1a\0\2\1")
    )
    with pytest.raises(UserError, match=r"p\.doc is a Word document, not a spreadsheet"):
        open_sheet(path)


def test_a_container_without_a_workbook_is_damaged(tmp_path):
    path = write_xls(tmp_path / "p.xls", TABLE)
    path.write_bytes(path.read_bytes().replace("Workbook".encode("utf-16-le"), "Nonsense".encode("utf-16-le")))
    with pytest.raises(UserError, match="there is no workbook in its container"):
        open_sheet(path)


def test_a_container_that_runs_in_circles_ends(tmp_path):
    path = write_xls(tmp_path / "p.xls", TABLE)
    content = bytearray(path.read_bytes())
    directory = int.from_bytes(content[48:52], "little")
    allocation = 512 * (1 + int.from_bytes(content[76:80], "little"))
    content[allocation + 4 * directory : allocation + 4 * directory + 4] = directory.to_bytes(4, "little")
    path.write_bytes(content)
    assert [row.cells for row in open_sheet(path).rows()] == [("1", "Lamp", "2")]
