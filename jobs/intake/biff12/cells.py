"""The rows and column widths of a binary worksheet part."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Generator, Sequence
from typing import IO, NamedTuple

from jobs.intake.biff12.records import Kind, records, wide_string
from jobs.intake.biff12.strings import SharedTexts
from jobs.intake.book import GENERAL, BookRow, Cell, NumberFormat, Value
from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.merged import Merge
from jobs.intake.ooxml.damage import Damaged

_MOST_ROWS = 1_048_576
_U32 = struct.Struct("<I")
_PLACE = struct.Struct("<II")
_REAL = struct.Struct("<d")
_WIDTH = struct.Struct("<IIIIH")
_RANGE = struct.Struct("<IIII")
#: More than one for each row and some; files with fifty thousand are about.
_MOST_MERGES = 1 << 21
#: A width is told in 256ths of a character.
_WIDTH_UNITS = 256
#: The style is the lower 24 bits; a flag for phonetic text stands above.
_STYLE_BITS = 0xFF_FFFF
#: Cells that stand right of the one before them.
_NEXT = frozenset({*range(Kind.NEXT_BLANK, Kind.NEXT_SHARED + 1), int(Kind.NEXT_RICH)})
_ROW, _END_ROWS = int(Kind.ROW), int(Kind.END_ROWS)

#: Source: [MS-XLSB] 2.5.97.2 (BErr).
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}

#: Reads a cell's value from a place in its record on.
_Read = Callable[[bytes, int], Value]


class Columns(NamedTuple):
    """The width of some columns, from 0 and both included, in characters."""

    first: int
    last: int
    width: float
    is_hidden: bool


def read_rows(file: IO[bytes], texts: SharedTexts, formats: Sequence[NumberFormat]) -> Generator[BookRow]:
    """Stream the rows that hold something; `formats` are those of the cell styles.

    Raises: Damaged when rows or cells are out of order, or a record is not what it says.
    """
    readers = _readers(texts)
    # Above the first row no column is free for a cell.
    number, last, cells = 0, MOST_COLUMNS, list[Cell]()
    try:
        for kind, data in records(file):
            read = readers.get(kind)
            if read is not None:
                last, style, at = _place(kind, data, last)
                value = read(data, at)
                if value != "":
                    cells.append(Cell(last, value, formats[style] if style < len(formats) else GENERAL))
            elif kind == _ROW:
                if cells:
                    yield BookRow(number, cells)
                number, last, cells = _row_number(data, number), -1, []
            elif kind == _END_ROWS:
                break
    except (struct.error, IndexError) as error:
        raise Damaged(f"row {number} has a record that is not whole") from error
    if cells:
        yield BookRow(number, cells)


def _place(kind: int, data: bytes, last: int) -> tuple[int, int, int]:
    """Give a cell's column and style, and where its value begins."""
    if kind in _NEXT:
        column, style, at = last + 1, _U32.unpack_from(data)[0], _U32.size
    else:
        (column, style), at = _PLACE.unpack_from(data), _PLACE.size
    if not last < column < MOST_COLUMNS:
        raise Damaged(f"column {column + 1} stands after column {last + 1}")
    return column, style & _STYLE_BITS, at


def _row_number(data: bytes, last: int) -> int:
    number = int(_U32.unpack_from(data)[0]) + 1
    if not last < number <= _MOST_ROWS:
        raise Damaged(f"row {number} stands after row {last}")
    return number


def _readers(texts: SharedTexts) -> dict[int, _Read]:
    """Give how each kind of cell tells its value."""

    def shared(data: bytes, at: int) -> str:
        return texts[_U32.unpack_from(data, at)[0]]

    return {
        **dict.fromkeys((Kind.CELL_BLANK, Kind.NEXT_BLANK), _nothing),
        **dict.fromkeys((Kind.CELL_RK, Kind.NEXT_RK), _rk),
        **dict.fromkeys((Kind.CELL_ERROR, Kind.NEXT_ERROR, Kind.FORMULA_ERROR), _error),
        **dict.fromkeys((Kind.CELL_BOOL, Kind.NEXT_BOOL, Kind.FORMULA_BOOL), _truth),
        **dict.fromkeys((Kind.CELL_REAL, Kind.NEXT_REAL, Kind.FORMULA_NUMBER), _real),
        **dict.fromkeys((Kind.CELL_TEXT, Kind.NEXT_TEXT, Kind.FORMULA_TEXT), _text),
        **dict.fromkeys((Kind.CELL_SHARED, Kind.NEXT_SHARED), shared),
        **dict.fromkeys((Kind.CELL_RICH, Kind.NEXT_RICH), _rich),
    }


def _nothing(_data: bytes, _at: int) -> str:
    return ""


def _rk(data: bytes, at: int) -> Value:
    """Read a number of 30 bits, whole or the upper end of a double, perhaps in hundredths. Source: 2.5.123."""
    (bits,) = _U32.unpack_from(data, at)
    if bits & 2:
        number = float((bits >> 2) - (1 << 30 if bits >> 31 else 0))
    else:
        (number,) = _REAL.unpack(struct.pack("<II", 0, bits & ~3))
    return _finite(number / 100 if bits & 1 else number)


def _real(data: bytes, at: int) -> Value:
    return _finite(_REAL.unpack_from(data, at)[0])


def _finite(number: float) -> Value:
    return number if math.isfinite(number) else "#NUM!"


def _truth(data: bytes, at: int) -> bool:
    return bool(data[at])


def _error(data: bytes, at: int) -> str:
    return _ERRORS.get(data[at], "#N/A")


def _text(data: bytes, at: int) -> str:
    return wide_string(data, at)[0]


def _rich(data: bytes, at: int) -> str:
    """Read a rich text: a byte of flags, then the text, then its runs."""
    return wide_string(data, at + 1)[0]


def read_columns(file: IO[bytes]) -> list[Columns]:
    """Read the column widths, which stand above the rows. Source: [MS-XLSB] 2.4.338 (BrtColInfo)."""
    found: list[Columns] = []
    for kind, data in records(file):
        if kind == Kind.BEGIN_ROWS:
            break
        if kind == Kind.COLUMNS:
            if len(data) < _WIDTH.size:
                raise Damaged("a column width is cut short")
            first, last, width, _, flags = _WIDTH.unpack_from(data)
            after = found[-1].last if found else -1
            if after < first <= last:
                found.append(Columns(first, min(last, MOST_COLUMNS - 1), width / _WIDTH_UNITS, bool(flags & 1)))
    return found


def read_merges(file: IO[bytes]) -> list[Merge]:
    """Read the merged ranges, which stand below the rows. Source: [MS-XLSB] 2.4.708 (BrtMergeCell), 2.5.154."""
    found: list[Merge] = []
    for kind, data in records(file):
        if kind == Kind.MERGED:
            if len(data) < _RANGE.size or len(found) == _MOST_MERGES:
                raise Damaged("the merged cells are no merged cells")
            top, bottom, left, right = _RANGE.unpack_from(data)
            if top <= bottom < _MOST_ROWS and left <= right < MOST_COLUMNS:
                found.append(Merge(top + 1, bottom + 1, left, right))
    return found
