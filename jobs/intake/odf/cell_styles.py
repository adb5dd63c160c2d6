"""How the cell styles of an OpenDocument file show numbers, and which tables they hide."""

from __future__ import annotations

from typing import IO

from lxml import etree

from jobs.intake.numbers.number_text import NumberText, number_text
from jobs.intake.odf.names import OFFICE, STYLE, TABLE
from jobs.intake.odf.number_styles import KINDS, format_code

AUTOMATIC = f"{OFFICE}automatic-styles"
NAMED = f"{OFFICE}styles"
_STYLE = f"{STYLE}style"
_DEFAULT = f"{STYLE}default-style"
_NAME = f"{STYLE}name"
_FAMILY = f"{STYLE}family"
#: Styles that stand on one another any further do so in a circle.
_MOST_PARENTS = 20


class CellStyles:
    """The styles of a file, gathered from its parts before the first table."""

    def __init__(self) -> None:
        self._numbers: dict[str, etree._Element] = {}
        self._cells: dict[str, tuple[str, str]] = {}
        self._hidden: set[str] = set()
        self._texts: dict[str, NumberText | None] = {}

    def add(self, group: etree._Element) -> None:
        """Take the styles of an `office:styles` or `office:automatic-styles`."""
        for style in group:
            tag = style.tag
            if tag in KINDS:
                self._numbers[style.get(_NAME, "")] = style
            elif tag in {_STYLE, _DEFAULT}:
                self._add_style(style)

    def _add_style(self, style: etree._Element) -> None:
        family, name = style.get(_FAMILY), style.get(_NAME, "")
        if family == "table-cell":
            self._cells[name] = (style.get(f"{STYLE}data-style-name", ""), style.get(f"{STYLE}parent-style-name", ""))
        elif family == "table":
            shown = style.find(f"{STYLE}table-properties")
            if shown is not None and shown.get(f"{TABLE}display") == "false":
                self._hidden.add(name)

    def hides(self, table_style: str) -> bool:
        """Whether a table of this style is hidden."""
        return table_style in self._hidden

    def number_text(self, cell_style: str) -> NumberText | None:
        """Give how a cell style shows numbers; None when it shows them as they are."""
        if cell_style not in self._texts:
            self._texts[cell_style] = number_text(self._code(cell_style) or "General", dates_from_1904=False)
        return self._texts[cell_style]

    def _code(self, cell_style: str) -> str:
        style = self._numbers.get(self._data_style(cell_style))
        return "" if style is None else format_code(style, self._numbers)

    def is_text(self, cell_style: str) -> bool:
        """Whether a cell style takes numbers for text."""
        return self._code(cell_style) == "@"

    def is_plain(self, cell_style: str) -> bool:
        """Whether a cell style says nothing of how numbers are shown."""
        return self._code(cell_style) in {"", "General"}

    def has_cell_style(self, name: str) -> bool:
        """Whether there is a cell style of a name."""
        return name in self._cells

    def _data_style(self, cell_style: str) -> str:
        name = cell_style
        for _ in range(_MOST_PARENTS):
            data, name = self._cells.get(name, ("", ""))
            if data or not name:
                return data
        return ""


def read_styles(*parts: IO[bytes]) -> CellStyles:
    """Read the styles of parts: those that all tables share, and those of the content."""
    styles = CellStyles()
    for part in parts:
        for _, group in etree.iterparse(
            part, tag=(NAMED, AUTOMATIC), resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        ):
            styles.add(group)
            if group.tag == AUTOMATIC:
                break
    return styles
