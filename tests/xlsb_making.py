"""Binary workbooks (.xlsb) written record by record: no library writes them."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass

_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "application/vnd.ms-excel"


def record(kind, data=b""):
    head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    size = len(data)
    while True:
        head += bytes([size & 127 | (128 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + data


def wide(text):
    raw = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(raw) // 2) + raw


def row(number):
    return record(0, struct.pack("<IIHHBI", number - 1, 0, 300, 0, 0, 0))


def cell(kind, column, value, style=0):
    return record(kind, struct.pack("<II", column, style) + value)


def text_cell(column, text, style=0):
    return cell(6, column, wide(text), style)


def real_cell(column, number, style=0):
    return cell(5, column, struct.pack("<d", number), style)


@dataclass(frozen=True)
class Shown:
    """A number with its format: a code, or the number of a built-in one."""

    value: float
    format: str | int


ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


@dataclass(frozen=True)
class Wrong:
    """An error value."""

    name: str


class _Book:
    def __init__(self):
        self.strings = []
        self.formats = [0]

    def cell(self, column, value):
        if value is None or value == "":
            return b""
        if isinstance(value, bool):
            return cell(4, column, bytes([value]))
        if isinstance(value, Wrong):
            return cell(3, column, bytes([ERRORS[value.name]]))
        if isinstance(value, str):
            if value not in self.strings:
                self.strings.append(value)
            return cell(7, column, struct.pack("<I", self.strings.index(value)))
        shape = value.format if isinstance(value, Shown) else 0
        if shape not in self.formats:
            self.formats.append(shape)
        number = value.value if isinstance(value, Shown) else value
        return real_cell(column, number, self.formats.index(shape))

    def rows(self, rows):
        return b"".join(
            row(number) + b"".join(self.cell(column, value) for column, value in enumerate(values))
            for number, values in enumerate(rows, start=1)
        )

    def styles(self):
        own = [shape for shape in self.formats if isinstance(shape, str)]
        codes = b"".join(record(44, struct.pack("<H", 164 + at) + wide(code)) for at, code in enumerate(own))
        numbers = [164 + own.index(shape) if isinstance(shape, str) else shape for shape in self.formats]
        xfs = b"".join(record(47, struct.pack("<HH12x", 0, number)) for number in numbers)
        return codes + record(626) + record(47, struct.pack("<HH12x", 0xFFFF, 9)) + record(627) + record(617) + xfs

    def shared(self):
        items = b"".join(record(19, b"\0" + wide(text)) for text in self.strings)
        return record(159, struct.pack("<II", len(self.strings), len(self.strings))) + items + record(160)


def sheet_part(rows, *, above=b"", below=b""):
    return record(129) + above + record(145) + rows + record(146) + below + record(130)


def column_width(first, last, characters, *, hidden=False):
    return record(60, struct.pack("<IIIIH", first, last, int(characters * 256), 0, hidden))


def write_xlsb(path, sheets, *, states=(), from_1904=False, parts=None):
    """Write a workbook: sheets as name -> rows of values, or name -> the bytes of the part."""
    book = _Book()
    made = {}
    for place, rows in enumerate(sheets.values(), start=1):
        content = rows if isinstance(rows, bytes) else sheet_part(book.rows(rows))
        made[f"xl/worksheets/sheet{place}.bin"] = content
    states = [*states, *[0] * (len(sheets) - len(states))]
    listed = b"".join(
        record(156, struct.pack("<II", state, place) + wide(f"rId{place}") + wide(name))
        for place, (name, state) in enumerate(zip(sheets, states, strict=True), start=1)
    )
    relations = [(f"rId{place}", "worksheet", f"worksheets/sheet{place}.bin") for place in range(1, len(sheets) + 1)]
    relations += [("rId998", "sharedStrings", "sharedStrings.bin"), ("rId999", "styles", "styles.bin")]
    properties = record(153, struct.pack("<III", from_1904, 0, 0))
    made |= {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.'
        f'openxmlformats-package.relationships+xml"/><Default Extension="bin" ContentType="{_MAIN}.worksheet"/>'
        f'<Override PartName="/xl/workbook.bin" ContentType="{_MAIN}.sheet.binary.macroEnabled.main"/>'
        f'<Override PartName="/xl/styles.bin" ContentType="{_MAIN}.styles"/>'
        f'<Override PartName="/xl/sharedStrings.bin" ContentType="{_MAIN}.sharedStrings"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="r" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.bin"/></Relationships>',
        "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{_RELS}">'
        + "".join(f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for key, kind, to in relations)
        + "</Relationships>",
        "xl/workbook.bin": record(131) + properties + record(143) + listed + record(144) + record(132),
        "xl/sharedStrings.bin": book.shared(),
        "xl/styles.bin": record(278) + book.styles() + record(618) + record(279),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (made | (parts or {})).items():
            package.writestr(name, content)
    return path
