"""Rows as nearly all programs write them, read by one expression; any other row is left to an XML parser."""

from __future__ import annotations

import re

from jobs.intake.letters import column_index, column_letter
from jobs.intake.ooxml.cell_values import CellValues, Show
from jobs.intake.ooxml.xml_text import decoded, unescaped

#: One cell: letters of its reference, other attributes, value, inline text. A `<` of anything else matches as well,
#: with nothing in it, so that nothing in a row goes unseen.
_CELL = (
    r'<(?:{p}c r="([A-Z]++)[0-9]++"([^>/]*+)(?:><(?:'
    r"(?:{p}f(?:>| [^>]*+>)(?:[^<]*+</{p}f>)?<)?{p}v>([^<]++)</{p}v></{p}c>|"
    r'{p}is><{p}t(?: xml:space="preserve")?>([^<]*+)</{p}t></{p}is></{p}c>|/{p}c>)|/>)|)'
)
_ATTRIBUTES = re.compile(r"""(?:\s+(?!r=)[A-Za-z]+="[^"&<\t\r\n]*")*\s*""")
_ATTRIBUTE = re.compile(r'([A-Za-z]+)="([^"]*)"')
#: So many sets of attributes are kept; a real workbook has one for each kind and style.
_KEPT = 8192


#: Letters, attributes, value and inline text of a cell.
_Found = tuple[str, str, str, str]


class PlainRow:
    """Reads the rows of a sheet whose elements have this prefix."""

    def __init__(self, prefix: bytes, values: CellValues) -> None:
        self._cells = re.compile(_CELL.replace("{p}", re.escape(prefix.decode()))).findall
        self._values = values
        #: Positions by column letter, and how to show a value by the attributes of its cell; each learnt once.
        self._columns: dict[str, int] = {}
        self._shows: dict[str, Show] = {}
        #: Letters of the columns from the first on, for so many as rows were seen to have; most rows have just these.
        self._side_by_side: dict[int, list[str]] = {}

    def cells(self, body: bytes) -> list[str] | None:
        """Read the cells of a row, None when it is not all plain."""
        text = body.decode()
        if text[:1] != "<" and text.lstrip()[:1] != "<":
            return None if text else []
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        found = self._cells(text)
        try:
            if "&" in text:
                found = [_decoded(cell) if "&" in cell[2] or "&" in cell[3] else cell for cell in found]
        except LookupError:
            return None
        if "_x" in text:
            found = [(*cell[:3], unescaped(cell[3])) for cell in found]
        try:
            return self._placed(found)
        except KeyError:
            return self._placed(found) if self._learn(found) else None

    def _placed(self, found: list[_Found]) -> list[str]:
        shows = self._shows
        if [cell[0] for cell in found] != self._first_letters(len(found)):
            return self._scattered(found)
        cells = [shows[attributes](value) if value else inline for _, attributes, value, inline in found]
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _scattered(self, found: list[_Found]) -> list[str]:
        """Put cells that do not stand side by side from the first column on into their places."""
        cells: list[str] = []
        for letters, attributes, value, inline in found:
            index = self._columns[letters]
            text = self._shows[attributes](value) if value else inline
            if not text:
                continue
            if index >= len(cells):
                cells.extend([""] * (index - len(cells) + 1))
            cells[index] = text
        return cells

    def _first_letters(self, count: int) -> list[str]:
        """Give the letters of the first columns."""
        if count not in self._side_by_side:
            self._side_by_side[count] = [column_letter(index) for index in range(count)]
        return self._side_by_side[count]

    def _learn(self, found: list[_Found]) -> bool:
        """Learn letters and attributes; whether all of them are as usual."""
        if len(self._shows) >= _KEPT:
            self._shows.clear()
        for letters, attributes, *_ in found:
            index = column_index(letters)
            if index is None or not _ATTRIBUTES.fullmatch(attributes):
                return False
            pairs = _ATTRIBUTE.findall(attributes)
            named = dict(pairs)
            if len(named) < len(pairs):
                return False
            self._columns[letters] = index
            self._shows[attributes] = self._values.show(named.get("t"), named.get("s"))
        return True


def _decoded(cell: _Found) -> _Found:
    letters, attributes, value, inline = cell
    return letters, attributes, decoded(value), decoded(inline)
