"""A sheet's XML as bytes: what stands before its rows, each row, what stands behind them, all as in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from jobs.intake.ooxml.damage import Damaged

_HIDING = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", re.DOTALL)
_SHEET_DATA = re.compile(rb"<(?:([\w.-]+):)?sheetData(?=[\s/>])[^>]*>")
_NUMBER = re.compile(rb"""\sr\s*=\s*["']\s*(\d+)""")


def shadow(xml: bytes) -> bytes:
    """Blank out comments and CDATA, byte for byte, so that what looks like a tag in them is not taken for one."""
    return _HIDING.sub(lambda hidden: b" " * len(hidden[0]), xml) if b"<!" in xml else xml


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
        #: Where the next row is looked for, and where an unclosed comment or CDATA begins.
        self._at = self._limit = 0
        #: All up to the start of the rows.
        self.head, prefix = self._read_head()
        #: What stands before the names of the sheet's elements: b"" or b"x:".
        self.prefix = prefix
        self._row = re.compile(rb"<(?:%brow(?=[\s/>])[^>]*|/%bsheetData\s*)>" % (prefix, prefix))
        self._close = b"</%brow" % prefix

    def rows(self) -> Iterator[SheetRow]:
        """Stream the rows in the order of the file."""
        number = 0
        while True:
            found = self._row.search(self._seen, self._at)
            end = self._end_of(found)
            if found is None or not 0 <= end <= self._limit:
                self._refill()
                continue
            if found[0].startswith(b"</"):
                return
            named = _NUMBER.search(found[0])
            number = int(named[1]) if named else number + 1
            before = self._xml[self._at : found.start()]
            close = self._seen.rfind(b"</", found.end(), end)
            self._at = end
            yield SheetRow(
                number,
                before,
                found[0],
                self._xml[found.end() : close] if close > 0 else b"",
                self._xml[close:end] if close > 0 else b"",
            )

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

    def _end_of(self, found: re.Match[bytes] | None) -> int:
        """Give where the element of a start tag ends, -1 when that is not read yet."""
        if found is None:
            return -1
        if found[0].startswith(b"</") or found[0].endswith(b"/>"):
            return found.end()
        close = self._seen.find(self._close, found.end())
        return self._seen.find(b">", close) + 1 or -1 if close > 0 else -1

    def _refill(self) -> None:
        chunk = next(self._chunks, b"")
        if not chunk:
            raise Damaged("the sheet breaks off")
        self._xml = self._xml[self._at :] + chunk
        self._at = 0
        self._seen = shadow(self._xml)
        unclosed = self._seen.find(b"<!")
        self._limit = len(self._seen) if unclosed < 0 else unclosed
