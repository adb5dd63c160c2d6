"""Files that the intake tests make."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_package(
    path: Path,
    rows: str,
    *,
    strings: str = "",
    styles: str = "",
    workbook: str = "",
    namespace: str = MAIN,
    prefix: str = "",
) -> Path:
    """Write a workbook of one sheet by hand: what no library would write."""
    mark = f":{prefix.rstrip(':')}" if prefix else ""
    sheet = (
        f'<{prefix}worksheet xmlns{mark}="{namespace}"><{prefix}dimension ref="A1:XFD1048576"/>'
        f"<{prefix}sheetData>{rows}</{prefix}sheetData></{prefix}worksheet>"
    )
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="r1" Type="{_TYPES}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": workbook
        or f'<workbook xmlns="{namespace}" xmlns:r="{_TYPES}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELS}">'
        f'<Relationship Id="a" Type="{_TYPES}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{_TYPES}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="c" Type="{_TYPES}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{namespace}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{namespace}">{styles}</styleSheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def table_of(path: Path, **options: object) -> list[tuple[str, ...]]:
    """Read a source back as its header and rows."""
    sheet = open_sheet(path, ReadOptions(**options))
    return [tuple(column.raw for column in sheet.info.columns), *(row.cells for row in sheet.rows())]


def refused(path: Path, **options: object) -> UserError:
    """Read a source that is to be refused, and give the sentence."""
    with pytest.raises(UserError) as caught:
        list(open_sheet(path, ReadOptions(**options)).rows())
    assert "\n" not in caught.value.message
    assert caught.value.fix
    return caught.value


def ends_well(path: Path) -> bool:
    """Read a source that may be damaged: whether its cells are texts, or it is refused in one sentence."""
    try:
        return all(isinstance(cell, str) for row in open_sheet(path).rows() for cell in row.cells)
    except UserError as error:
        is_sentence = "\n" not in error.message and path.name in error.message and bool(error.fix)
        return is_sentence and error.code in {"source", "encrypted"}


def spoilt(content: bytes, chance: random.Random, *, most: int = 4, start: int = 0) -> bytes:
    """Put bytes of chance in some places of a file, behind its first ones; it may get longer or shorter."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, most)):
        place = chance.randrange(start, len(changed))
        changed[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(changed)
