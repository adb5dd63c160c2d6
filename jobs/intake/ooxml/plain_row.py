"""Rows as nearly all programs write them, read by one expression; any other row is left to an XML parser."""

from __future__ import annotations

import re

from jobs.intake.letters import column_index
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
        try:
            return self._placed(found)
        except KeyError:
            return self._placed(found) if self._learn(found) else None

    def _placed(self, found: list[_Found]) -> list[str]:
        cells: list[str] = []
        columns, shows = self._columns, self._shows
        for letters, attributes, value, inline in found:
            index = columns[letters]
            text = shows[attributes](value) if value else inline
            if "_x" in inline:
                text = unescaped(inline)
            if not text:
                continue
            if index == len(cells):
                cells.append(text)
            else:
                if index > len(cells):
                    cells.extend([""] * (index - len(cells) + 1))
                cells[index] = text
        return cells

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
