"""A sheet's XML as bytes: what stands before its rows, each row, what stands behind them, all as in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from jobs.intake.ooxml.damage import Damaged

#: Rows that a worksheet has.
MOST_ROWS = 1_048_576
#: A row whose XML is longer is no row of a table; it would be held in memory as a whole.
MOST_ROW_BYTES = 16 << 20

_MOST_DIGITS = 10
_HIDING = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>|<\?.*?\?>", re.DOTALL)
_SHEET_DATA = re.compile(rb"<(?:([\w.-]+):)?sheetData(?=[\s/>])[^>]*>")
#: A row's start tag with its number and its other attributes.
_START = rb"""<%brow(?: r="([0-9]{1,10})")?+(?=[\s/>])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>"""
#: The same, or the end of all rows.
_ROW = _START + rb"|</%bsheetData\s*>"
_NUMBER = re.compile(rb"""\sr\s*=\s*["']\s*([0-9]{1,10})\s*["']""")


def shadow(xml: bytes) -> bytes:
    """Blank out comments, CDATA and instructions, byte for byte: what looks like a tag in them is none."""
    return _HIDING.sub(lambda hidden: b" " * len(hidden[0]), xml) if may_hide(xml) else xml


def may_hide(xml: bytes) -> bool:
    """Whether there is a comment, CDATA, a definition or an instruction; one byte is found much faster than two."""
    return (b"!" in xml and b"<!" in xml) or (b"?" in xml and b"<?" in xml)


def row_number(told: bytes, above: int) -> int:
    """Number a row by its `r`; where that is none, it follows the row above."""
    number = int(told) if told.isdigit() and len(told) <= _MOST_DIGITS else 0
    return number if 0 < number <= MOST_ROWS else above + 1


class SheetRow(NamedTuple):
    """One `<row>` in its pieces, with what stood between it and the row above."""

    #: From its `r`, or one more than the row above.
    number: int
    before: bytes
    #: `<row …>`, or `<row …/>` of a row without cells.
    tag: bytes
    body: bytes
    #: `</row>`, b"" of a row without cells.
    close: bytes


class SheetScanner:
    """Reads a sheet from top to end once: `head`, then `rows()`, then `tail()`; memory holds one row and a chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._xml = self._seen = b""
        #: Where the next row is looked for, and where an unclosed comment or its like begins.
        self._at = self._limit = 0
        #: All up to the start of the rows.
        self.head, prefix = self._read_head()
        #: What stands before the names of the sheet's elements: b"" or b"x:".
        self.prefix = prefix
        self._row = re.compile(_ROW % (prefix, prefix))
        self._start = re.compile(_START % prefix)
        self._close = b"</%brow" % prefix

    def rows(self) -> Iterator[SheetRow]:
        """Stream the rows in the order of the file."""
        number = 0
        while True:
            for row in self._plain_rows(number):
                number = row.number
                yield row
            xml, seen, limit, at = self._xml, self._seen, self._limit, self._at
            while (found := self._row.search(seen, at)) and found.end() <= limit:
                tag = found[0]
                if tag.startswith(b"</"):
                    return
                body = close = end = found.end()
                if not tag.endswith(b"/>"):
                    close = seen.find(self._close, body)
                    end = seen.find(b">", close) + 1 if close > 0 else 0
                if not 0 < end <= limit:
                    break
                told = found if found[1] else _NUMBER.search(found[2])
                number = row_number(told[1] if told else b"", number)
                before = xml[at : found.start()]
                self._at = at = end
                yield SheetRow(number, before, tag, xml[body:close], xml[close:end])
            self._refill()

    def _plain_rows(self, above: int) -> Iterator[SheetRow]:
        """Stream rows as long as one follows the other with nothing between them, which takes half the time."""
        if self._seen is not self._xml:
            return
        close = self._close + b">"
        start, at, number = self._start.match, self._at, above
        for piece in self._xml[at:].split(close)[:-1]:
            found = start(piece)
            if found is None or found[0].endswith(b"/>"):
                return
            told = found if found[1] else _NUMBER.search(found[2])
            number = row_number(told[1] if told else b"", number)
            self._at = at = at + len(piece) + len(close)
            yield SheetRow(number, b"", found[0], piece[found.end() :], close)

    def tail(self) -> Iterator[bytes]:
        """Stream all behind the rows, once they have been read to the end."""
        yield self._xml[self._at :]
        yield from self._chunks

    def _read_head(self) -> tuple[bytes, bytes]:
        found = None
        while found is None or found.end() > self._limit:
            self._refill()
            found = _SHEET_DATA.search(self._seen)
        if found[0].endswith(b"/>"):
            raise Damaged("the sheet has no rows")
        self._at = found.end()
        return self._xml[: self._at], found[1] + b":" if found[1] else b""

    def _refill(self) -> None:
        """Read on; as much again as is held already, so that a long row is not searched over and over."""
        pieces = [self._xml[self._at :]]
        held, size = len(pieces[0]), 0
        if held > MOST_ROW_BYTES:
            raise Damaged(f"a row of the sheet is longer than {MOST_ROW_BYTES:,} bytes")
        while size <= held and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
            size += len(chunk)
        if not size:
            raise Damaged("the sheet breaks off")
        self._xml = b"".join(pieces)
        self._at = 0
        self._seen = shadow(self._xml)
        marks = (b"<!", b"<?") if self._seen is not self._xml else ()
        self._limit = min((at for mark in marks if (at := self._seen.find(mark)) >= 0), default=len(self._seen))
