"""The cells of a row's XML, and cells of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from jobs.intake.letters import column_index, column_letter
from jobs.intake.ooxml.sheet_scan import shadow

_REF = re.compile(rb"""\sr\s*=\s*["']\s*\$?([A-Za-z]+)""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)""")


class Cell(NamedTuple):
    """A cell of the user's as it lies in the row's body."""

    column: int
    start: int
    end: int
    #: Index of its format, b"" for none.
    style: bytes
    #: Whether it holds a value, a text or a formula.
    is_filled: bool
    has_formula: bool


@cache
def letters(index: int) -> bytes:
    """Give a column's letters by its position from 0."""
    return column_letter(index).encode()


@cache
def _index(named: bytes) -> int:
    found = column_index(named.decode())
    return -1 if found is None else found


class CellReader:
    """Reads cells of a sheet whose elements have this prefix."""

    def __init__(self, prefix: bytes) -> None:
        self._open = b"<%bc" % prefix
        self._tag = re.compile(rb"<%bc(?=[\s/>])[^>]*>" % prefix)
        self._close = re.compile(rb"</%bc\s*>" % prefix)
        self._content = re.compile(rb"<%b(?:v|is|f)[\s/>]" % prefix)
        self._formula = re.compile(rb"<%bf[\s/>]" % prefix)
        self._styles = re.compile(rb"""<%bc\s(?:[^>]*?\s)?s=["'](\d+)""" % prefix)

    def cells(self, body: bytes) -> list[Cell]:
        """Read every cell of a row; one without a reference stands right of the one before it."""
        seen = shadow(body)
        cells = []
        column, at = -1, 0
        while found := self._tag.search(seen, at):
            at = found.end()
            named = _REF.search(found[0])
            column = _index(named[1]) if named else column + 1
            style = _STYLE.search(found[0])
            inner = b""
            if not found[0].endswith(b"/>"):
                close = self._close.search(seen, at)
                if close is None:
                    break
                inner, at = seen[at : close.start()], close.end()
            cells.append(
                Cell(
                    column,
                    found.start(),
                    at,
                    style[1] if style else b"",
                    self._content.search(inner) is not None,
                    self._formula.search(inner) is not None,
                )
            )
        return cells

    def last_column(self, body: bytes) -> int | None:
        """Give the last cell's column without reading the others, None when only that can tell."""
        if b"<!" in body:
            return None
        at = body.rfind(self._open)
        found = self._tag.match(body, at) if at >= 0 else None
        named = _REF.search(found[0]) if found else None
        return _index(named[1]) if named else None

    def styles(self, body: bytes) -> list[bytes]:
        """Give the formats of the row's cells that have one."""
        return self._styles.findall(body)


class CellWriter:
    """Writes cells of ours for a sheet of this prefix and encoding."""

    def __init__(self, prefix: bytes, encoding: str) -> None:
        self._prefix = prefix.decode()
        self._encoding = encoding

    def text(self, ref: bytes, style: bytes, xml_text: str) -> bytes:
        """Write a text, escaped already, that is never a formula."""
        p = self._prefix
        inner = f'<{p}is><{p}t xml:space="preserve">{xml_text}</{p}t></{p}is></{p}c>'
        return b'%b t="inlineStr">%b' % (self._start(ref, style), inner.encode(self._encoding, "xmlcharrefreplace"))

    def number(self, ref: bytes, style: bytes, digits: str) -> bytes:
        """Write a number."""
        p = self._prefix
        return b"%b>%b" % (self._start(ref, style), f"<{p}v>{digits}</{p}v></{p}c>".encode())

    def blank(self, ref: bytes, style: bytes) -> bytes:
        """Write a cell that holds nothing but its format."""
        return b"%b/>" % self._start(ref, style)

    def _start(self, ref: bytes, style: bytes) -> bytes:
        name = self._prefix.encode()
        return b'<%bc r="%b" s="%b"' % (name, ref, style) if style else b'<%bc r="%b"' % (name, ref)


def merged(body: bytes, cells: Sequence[Cell], ours: Sequence[tuple[int, bytes]]) -> bytes:
    """Put cells of ours, ordered by column, into a row: in the place of the user's, or between them."""
    pieces: list[bytes] = []
    at = 0
    left = list(reversed(ours))
    for cell in cells:
        while left and left[-1][0] < cell.column:
            pieces += [body[at : cell.start], left.pop()[1]]
            at = cell.start
        if left and left[-1][0] == cell.column:
            pieces += [body[at : cell.start], left.pop()[1]]
            at = cell.end
    end = cells[-1].end if cells else len(body)
    pieces += [body[at:end], *(xml for _, xml in reversed(left)), body[max(at, end) :]]
    return b"".join(pieces)
