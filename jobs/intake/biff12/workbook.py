"""The directory of a binary workbook (.xlsb): its worksheets and cell styles."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import IO

from jobs.intake.biff12.records import Kind, records, wide_string
from jobs.intake.book import NumberFormat, number_format
from jobs.intake.ooxml.damage import Damaged

#: More worksheets than anybody has looked at.
MOST_SHEETS = 2000
#: Source: [MS-XLSB] 2.4.862, 0xFF96 styles that are not built in, and those that are.
MOST_STYLES = 1 << 16

_U16_PAIR = struct.Struct("<HH")
_U32 = struct.Struct("<I")
#: Where a sheet's relationship and name stand, behind its visibility and number; betas of Excel 2007, whose files are
#: still about, wrote one number more. Source: [MS-XLSB] 2.4.313 (BrtBundleSh).
_SHEET_NAMES_AT = (8, 12)


class Directory:
    """What the workbook part lists."""

    def __init__(self, file: IO[bytes]) -> None:
        self.dates_from_1904 = False
        #: Of each sheet its name, the number of its visibility, and the relationship that leads to its part.
        self.sheets: list[tuple[str, int, str]] = []
        for kind, data in records(file):
            if kind == Kind.SHEET:
                self._add(data)
            elif kind == Kind.WORKBOOK and data:
                self.dates_from_1904 = bool(data[0] & 1)

    def _add(self, data: bytes) -> None:
        for at in _SHEET_NAMES_AT:
            with suppress(Damaged):
                relation, middle = wide_string(data, at)
                name, end = wide_string(data, middle)
                if end == len(data) and len(self.sheets) < MOST_SHEETS:
                    self.sheets.append((name, _U32.unpack_from(data)[0], relation))
                    return
        raise Damaged("its list of sheets is no list of sheets")


def read_cell_formats(file: IO[bytes]) -> list[NumberFormat]:
    """Read the number format of each cell style: its code, or the number of one that all programs know.

    Source: [MS-XLSB] 2.4.657 (BrtFmt) and 2.4.862 (BrtXF).
    """
    codes: dict[int, str] = {}
    styles: list[NumberFormat] = []
    is_cell_styles = False
    for kind, data in records(file):
        if kind == Kind.NUMBER_FORMAT:
            if len(data) < _U16_PAIR.size:
                raise Damaged("a number format is cut short")
            number = int.from_bytes(data[:2], "little")
            codes.setdefault(number, wide_string(data, 2)[0])
        elif kind == Kind.BEGIN_CELL_STYLES:
            is_cell_styles = True
        elif kind == Kind.END_CELL_STYLES:
            break
        elif kind == Kind.STYLE and is_cell_styles:
            if len(data) < _U16_PAIR.size or len(styles) == MOST_STYLES:
                raise Damaged("the cell styles are no cell styles")
            _, number = _U16_PAIR.unpack_from(data)
            styles.append(number_format(number, codes))
    return styles
