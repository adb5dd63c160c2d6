"""The cells of a row's XML, and cells of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from jobs.intake.letters import column_index
from jobs.intake.ooxml.sheet_scan import shadow

_REF = re.compile(rb"""\sr\s*=\s*["']\s*\$?([A-Za-z]+)""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d{1,9})["']""")
_KIND = re.compile(rb"""\st\s*=\s*["'](\w+)""")


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
def _index(named: bytes) -> int:
    found = column_index(named.decode())
    return -1 if found is None else found


class CellReader:
    """Reads cells of a sheet whose elements have this prefix."""

    def __init__(self, prefix: bytes) -> None:
        self._open = b"<%bc" % prefix
        self._tag = re.compile(
            rb"""<%bc(?=[\s/>])(?:\s+r="([A-Za-z]{1,3})\d+"(?:\s+s="(\d{1,9})")?)?([^>]*)>""" % prefix
        )
        self._close = re.compile(rb"</%bc\s*>" % prefix)
        self._content = re.compile(rb"<%b(?:v|is|f)[\s/>]" % prefix)
        self._formula = b"<%bf" % prefix
        self._is_formula = re.compile(rb"<%bf[\s/>]" % prefix)
        self._looks = re.compile(rb"""<%bc(?:\s+r="\w+")?(?:\s+s="(\d{1,9})")?(?:\s+t="(\w+)")?\s*/?>""" % prefix)

    def start_of(self, body: bytes, ref: str) -> int:
        """Give where a cell begins, 0 when that is not told at one look."""
        at = -1 if b"<!" in body else body.find(b'%b r="%b"' % (self._open, ref.encode()))
        return max(at, 0)

    def cells(self, body: bytes, start: int = 0) -> list[Cell]:
        """Read every cell of a row from `start` on; one without a reference stands right of the one before it."""
        seen = shadow(body)
        cells = []
        column, at = -1, start
        while found := self._tag.search(seen, at):
            at = found.end()
            named, style, rest = found.groups()
            if named is None:
                named = told[1] if (told := _REF.search(rest)) else None
            column = column + 1 if named is None else _index(named)
            if style is None:
                style = told[1] if b"=" in rest and (told := _STYLE.search(rest)) else b""
            inner = b""
            if not rest.endswith(b"/"):
                close = self._close.search(seen, at)
                if close is None:
                    break
                inner, at = seen[at : close.start()], close.end()
            has_formula = self._formula in inner and self._is_formula.search(inner) is not None
            cells.append(Cell(column, found.start(), at, style, self._content.search(inner) is not None, has_formula))
        return cells

    def last_column(self, body: bytes) -> int | None:
        """Give the last cell's column without reading the others, None when only that can tell."""
        if b"<!" in body:
            return None
        at = body.rfind(self._open)
        found = self._tag.match(body, at) if at >= 0 else None
        if found is None:
            return None
        named = found if found[1] else _REF.search(found[0])
        return _index(named[1]) if named else None

    def looks(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """Give the format and the type of each of the row's cells, as quickly as they can be had."""
        found = self._looks.findall(body)
        if len(found) != body.count(self._open):
            return [_look(found[0]) for found in self._tag.finditer(shadow(body))]
        return found


def _look(tag: bytes) -> tuple[bytes, bytes]:
    style, kind = _STYLE.search(tag), _KIND.search(tag)
    return style[1] if style else b"", kind[1] if kind else b""


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
