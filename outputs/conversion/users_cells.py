"""The user's cells as the new workbook has them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jobs.intake.book import GENERAL, BookRow, NumberFormat
from jobs.intake.letters import column_letter
from outputs.cell_text import cut
from outputs.conversion.rows import NewCell
from outputs.conversion.survey import Look, Style, writable
from outputs.notes import WriteNotes

_PLAIN = Style(GENERAL, Look.PLAIN)
#: Characters that a workbook cannot hold even when they are escaped.
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")


class _Indexes(dict[NumberFormat, int]):
    """Indexes of cell formats by number format."""

    def __init__(self, styles: Mapping[Style, int], look: Look) -> None:
        super().__init__()
        self._styles = styles
        self._look = look

    def __missing__(self, format_: NumberFormat) -> int:
        style = Style(writable(format_), self._look)
        self[format_] = 0 if style == _PLAIN else self._styles[style]
        return self[format_]


class UsersCells:
    """Gives the cells of a sheet with their value and number format; what a workbook cannot hold is noted."""

    def __init__(
        self, styles: Mapping[Style, int], notes: WriteNotes, *, sheet: str, headers: Mapping[int, str]
    ) -> None:
        self._styles = {look: _Indexes(styles, look) for look in Look}
        self._notes = notes
        self._sheet = sheet
        self._headers = headers

    def cells(self, row: BookRow, look: Look = Look.PLAIN) -> list[NewCell]:
        """Give the cells of a row."""
        styles = self._styles[look]
        return [
            NewCell(column, self._text(value, row.number, column) if isinstance(value, str) else value, styles[format_])
            for column, value, format_ in row.cells
        ]

    def _text(self, value: str, row: int, column: int) -> str:
        text = _UNWRITABLE.sub("", value)
        if text != value:
            self._notes.add_cleaned(row, self._header(column))
        whole = text
        text = cut(whole)
        if text is not whole:
            self._notes.add_cut(row, self._header(column))
        return text

    def _header(self, column: int) -> str:
        return self._headers.get(column) or f"{self._sheet}, column {column_letter(column)}"
