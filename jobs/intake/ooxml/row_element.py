"""The cells of a `<row>` as an XML parser gives it: any XML that a worksheet may have."""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

from jobs.intake.letters import MOST_COLUMNS, column_index
from jobs.intake.ooxml.cell_values import CellValues
from jobs.intake.ooxml.xml_text import local_name, plain_text
from jobs.intake.text.row_tally import RowTally

_DIGITS = "0123456789"
#: More than there are columns: references that are none do not add up.
_KEPT = 20_000


class RowElement:
    """Reads the cells of rows."""

    def __init__(self, values: CellValues) -> None:
        self._values = values
        #: Rows with formulas that have no result in the file.
        self.no_result_rows = RowTally()

    def cells(self, row: etree._Element, number: int) -> list[str]:
        """Read the cells of a row; one without a reference stands right of the one before it."""
        cells: list[str] = []
        index = -1
        for cell in row:
            ref = cell.get("r")
            place = _index(ref.rstrip(_DIGITS)) if ref else None
            index = index + 1 if place is None else place
            text = self._text(cell, number)
            if not text or index >= MOST_COLUMNS:
                continue
            if index >= len(cells):
                cells.extend([""] * (index - len(cells) + 1))
            cells[index] = text
        return cells

    def _text(self, cell: etree._Element, number: int) -> str:
        kind, raw, has_formula = cell.get("t"), None, False
        for part in cell:
            name = local_name(part)
            if name == "v":
                raw = part.text or ""
            elif name == "f":
                has_formula = True
            elif name == "is":
                return plain_text(part)
        if has_formula and not raw and kind != "str":
            self.no_result_rows.add(number)
            return ""
        return "" if raw is None else self._values.show(kind, cell.get("s"))(raw)


@lru_cache(maxsize=_KEPT)
def _index(letters: str) -> int | None:
    return column_index(letters)
