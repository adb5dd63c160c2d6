"""Values of ours as fields of delimited text."""

from __future__ import annotations

import re
from decimal import Decimal

from jobs.intake.text.record_fields import RecordFields
from jobs.money import plain
from outputs.cell_text import cleaned, inert
from outputs.delimited.units import Units
from outputs.notes import WriteNotes
from outputs.rows import CellValue


class FieldWriter:
    """Writes a value of ours as a field."""

    def __init__(self, units: Units, fields: RecordFields, *, quote_all: bool, notes: WriteNotes) -> None:
        self.units = units
        self._fields = fields
        self._delimiter = fields.form.delimiter
        self._quote_all = quote_all
        self._notes = notes
        #: Text that no rule below changes: ASCII without signs that mean something at its place.
        mark = re.escape(self._delimiter)
        self._is_plain = re.compile(rf"(?![ =+@-])[^\x00-\x1f\"{mark}\\\x7f-\U0010ffff]+(?<! )").fullmatch

    def field(self, value: CellValue, row: int, header: str) -> str:
        """Write a value; `row` and `header` say where, for the notes."""
        if value is None or value == "":
            text = ""
        elif isinstance(value, str):
            if not self._is_plain(value):
                return self._careful(value, row, header)
            text = value
        else:
            text = plain(value) if isinstance(value, Decimal) else str(value)
        return f'"{text}"' if self._quote_all else text

    def _careful(self, value: str, row: int, header: str) -> str:
        text = cleaned(value)
        if text is not value:
            self._notes.add_cleaned(row, header)
        return self._encoded(self._quoted(inert(text)), row, header)

    def _quoted(self, text: str) -> str:
        if (
            self._quote_all
            or self._delimiter in text
            or '"' in text
            or "\n" in text
            or "\r" in text
            or text != text.strip()
        ):
            return self._fields.quoted(text)
        return text

    def _encoded(self, text: str, row: int, header: str) -> str:
        try:
            return self.units.of_cell(text)
        except UnicodeEncodeError:
            self._notes.add_replaced(row, header)
            return self.units.of_cell(text.encode(self.units.cells, "replace").decode(self.units.cells))
