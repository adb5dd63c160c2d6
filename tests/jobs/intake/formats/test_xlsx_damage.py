from __future__ import annotations

import random
import zipfile

import openpyxl
import pytest
import xlsxwriter
from intake_files import write_package

from jobs.intake.opening import open_sheet
from templates.errors import UserError

ROWS = '<row r="1"><c r="A1" t="str"><v>SKU</v></c></row><row r="2"><c r="A2" t="str"><v>lamp</v></c></row>'


def small_workbook(path, *, is_packed):
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Title", "Price"])
    for row in range(5):
        book.active.append([f"0{row}", f"Lamp <{row}> é", row * 1.5])
    book.save(path)
    if not is_packed:
        with zipfile.ZipFile(path) as old:
            parts = [(info.filename, old.read(info)) for info in old.infolist()]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
            for name, content in parts:
                new.writestr(name, content)
    return path.read_bytes()


def outcome(path):
    """`read`, or the code of what the user is told; any other exception is a defect."""
    try:
        list(open_sheet(path).rows())
    except UserError as error:
        return error.code
    return "read"


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_workbook_with_wrong_bytes_is_read_or_refused_in_one_sentence(tmp_path, is_packed):
    whole = small_workbook(tmp_path / "whole.xlsx", is_packed=is_packed)
    path = tmp_path / "p.xlsx"
    chance = random.Random(7)
    outcomes = set()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 3, 20])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            start = chance.randrange(len(data))
            del data[start : start + chance.choice([1, 10, 1000])]
        path.write_bytes(data)
        outcomes.add(outcome(path))
    assert outcomes <= {"read", "source"}


def test_xml_with_wrong_bytes_in_a_sound_package_is_read_or_refused_in_one_sentence(tmp_path):
    small_workbook(tmp_path / "whole.xlsx", is_packed=True)
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as package:
        parts = {name: package.read(name) for name in package.namelist()}
    chance = random.Random(8)
    marks = b"<>/\"'&;=! \x00\x01\xff9A"
    for _ in range(300):
        name = chance.choice([each for each in parts if "theme" not in each and "docProps" not in each])
        data = bytearray(parts[name])
        for _ in range(chance.choice([1, 2, 5])):
            at = chance.randrange(len(data))
            data[at : at + chance.choice([0, 1, 1, 1, 30])] = bytes([chance.choice(marks)])
        with zipfile.ZipFile(tmp_path / "p.xlsx", "w") as package:
            for each, content in parts.items():
                package.writestr(each, bytes(data) if each == name else content)
        assert outcome(tmp_path / "p.xlsx") in {"read", "source"}


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_a_part_with_a_wrong_check_sum_is_named(tmp_path, part):
    path = write_package(tmp_path / "p.xlsx", ROWS)
    with zipfile.ZipFile(path) as package:
        check_sum = package.getinfo(part).CRC.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(check_sum, b"\x01\x02\x03\x04"))
    with pytest.raises(UserError, match=f"the check sum of {part} is wrong") as caught:
        list(open_sheet(path).rows())
    assert "save it again" in caught.value.fix


def test_a_text_that_never_ends_is_damage(tmp_path):
    path = write_package(tmp_path / "p.xlsx", f'{ROWS}<row r="3"><c r="A3" t="str"><v>{"x" * (40 << 20)}</v></c></row>')
    with pytest.raises(UserError, match="damaged"):
        list(open_sheet(path).rows())


def test_a_protected_sheet_is_noted(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "p.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["SKU", "1"])
        sheet.protect("secret")
    sheet = open_sheet(tmp_path / "p.xlsx")
    list(sheet.rows())
    assert sheet.info.notes == ("The sheet is protected; it stays so in the copy.",)


BREAKS = ("The digital signature of the file does not hold for the copy: sign it again.",)


@pytest.mark.parametrize(
    ("folder", "losses"), [("_xmlsignatures/origin.sigs", BREAKS), ("xl/vbaProjectSignature.bin", ())]
)
def test_a_signature_that_the_copy_breaks_is_named_beforehand_and_one_of_macros_is_not(tmp_path, folder, losses):
    path = write_package(tmp_path / "p.xlsx", ROWS)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr(folder, "")
    assert open_sheet(path).info.losses == losses
