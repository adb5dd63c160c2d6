"""Records of BIFF12, the binary form of workbook parts (.xlsb)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import IO

from jobs.intake.ooxml.damage import Damaged

#: A record is longer than this in no workbook; a long rich text with its runs takes a tenth.
MOST_RECORD_BYTES = 16 << 20

_CHUNK_BYTES = 1 << 18
#: A type of at most two bytes and a size of at most four; most have one of each.
_LONGEST_HEADER_BYTES = 6
_SIZE_BYTES = 4
_MORE = 0x80
_BITS = 7
_U32 = struct.Struct("<I")
#: A text of this length is none.
_NULL = 0xFFFF_FFFF


class Kind(IntEnum):
    """The records that intake minds.

    Source: [MS-XLSB] 2.3 "Record Enumeration". The cells that only say "one to the right" (12 to 18, 61) stand there
    by name; their layout is as in LibreOffice's oox filter (BIFF12_ID_MULTCELL_…) and in files of SheetJS.
    """

    ROW = 0
    CELL_BLANK = 1
    CELL_RK = 2
    CELL_ERROR = 3
    CELL_BOOL = 4
    CELL_REAL = 5
    CELL_TEXT = 6
    CELL_SHARED = 7
    FORMULA_TEXT = 8
    FORMULA_NUMBER = 9
    FORMULA_BOOL = 10
    FORMULA_ERROR = 11
    NEXT_BLANK = 12
    NEXT_RK = 13
    NEXT_ERROR = 14
    NEXT_BOOL = 15
    NEXT_REAL = 16
    NEXT_TEXT = 17
    NEXT_SHARED = 18
    SHARED_STRING = 19
    NUMBER_FORMAT = 44
    STYLE = 47
    COLUMNS = 60
    NEXT_RICH = 61
    CELL_RICH = 62
    BEGIN_ROWS = 145
    END_ROWS = 146
    WORKBOOK = 153
    SHEET = 156
    MERGED = 176
    BEGIN_CELL_STYLES = 617
    END_CELL_STYLES = 618


def records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Stream the records of a part, each its type and its data. Source: [MS-XLSB] 2.1.4.

    Raises: Damaged when the part breaks off, or a record is longer than any is.
    """
    data, at, limit = b"", 0, 0
    while True:
        if limit - at < _LONGEST_HEADER_BYTES:
            data, at = data[at:] + file.read(_CHUNK_BYTES), 0
            limit = len(data)
            if not data:
                return
        kind, size = data[at], data[at + 1] if at + 1 < limit else _MORE
        if kind < _MORE and size < _MORE:
            at += 2
        else:
            kind, size, at = _header(data, at)
        end = at + size
        if end > limit:
            data, at, end = data[at:] + file.read(max(_CHUNK_BYTES, size)), 0, size
            limit = len(data)
            if end > limit:
                raise Damaged("a part of the workbook breaks off")
        yield kind, data[at:end]
        at = end


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """Read type and size of the record at a place, and where its data begins."""
    try:
        kind = data[at]
        at += 1
        if kind & _MORE:
            kind = kind & ~_MORE | (data[at] & ~_MORE) << _BITS
            at += 1
        size = 0
        for place in range(_SIZE_BYTES):
            byte = data[at]
            at += 1
            size |= (byte & ~_MORE) << place * _BITS
            if not byte & _MORE:
                break
    except IndexError:
        raise Damaged("a part of the workbook breaks off") from None
    if size > MOST_RECORD_BYTES:
        raise Damaged(f"a record claims {size:,} bytes")
    return kind, size, at


def wide_string(data: bytes, at: int) -> tuple[str, int]:
    """Read a text, and where it ends; a null one is "".

    Raises: Damaged when it is longer than its record.
    """
    text, end = wide_bytes(data, at)
    return text.decode("utf-16-le", "replace"), end


def wide_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Read a text as UTF-16, and where it ends. Source: [MS-XLSB] 2.5.168 and 2.5.169.

    Raises: Damaged when it is longer than its record.
    """
    start = at + _U32.size
    if start > len(data):
        raise Damaged("a text lies outside its record")
    (units,) = _U32.unpack_from(data, at)
    end = start + (0 if units == _NULL else 2 * units)
    if end > len(data):
        raise Damaged("a text lies outside its record")
    return data[start:end], end
