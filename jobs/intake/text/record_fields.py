"""The fields of one record of delimited text as they stand in the file, and the texts in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from jobs.intake.text.record_form import RecordForm

#: Any line fits a table of one column, so that nothing is told by its width.
FEWEST_FIELDS = 2

_BEFORE_QUOTE = re.compile(r'(\\+)(?="|\Z)')


class RecordFields:
    """Splits records into fields: a quote opens one at its start only, and what follows the closing quote is text."""

    def __init__(self, form: RecordForm) -> None:
        self.form = form
        self._delimiter = form.delimiter
        #: The delimiter as a pattern has it.
        self.mark = mark = re.escape(form.delimiter)
        opening = ' *+"' if form.spaced else '"'
        within = r'[^"\\]*+(?:(?:""|\\(?:.|\Z))[^"\\]*+)*+' if form.backslash else '[^"]*+(?:""[^"]*+)*+'
        closed = rf'{opening}{within}"[^{mark}\r\n]*+'
        open_ = rf"{opening}{within}\Z"
        #: Pattern of a field; one that nothing closes runs on to the end.
        self.pattern = rf'(?:{closed}|{open_}|[^"{mark}\r\n][^{mark}\r\n]*+|)'
        self._fields = re.compile(rf"(?:\A|{mark})({self.pattern})", re.DOTALL)
        self._as_text = re.compile(rf"(?:\A|{mark})({closed}|[^{mark}\r\n]*+)", re.DOTALL)
        self._open = re.compile(open_, re.DOTALL)
        self._parts = re.compile(rf'{opening}({within})(?:"|\Z)(.*)', re.DOTALL)
        self._proper = re.compile(rf'{opening}{within}" *', re.DOTALL)
        #: The `csv` module reads well-formed records of this form the same way.
        self.is_usual = not form.backslash and not form.spaced

    def split(self, record: str) -> list[str]:
        """Split a record into its fields as written, quotes included."""
        if '"' not in record:
            return record.split(self._delimiter)
        fields: list[str] = self._fields.findall(record)
        return self._with_stray_quotes(record, fields) or fields

    def width(self, record: str) -> int:
        """Count a record's fields."""
        return len(self.split(record)) if '"' in record else record.count(self._delimiter) + 1

    def cells(self, record: str) -> list[str]:
        """Split a record into the texts of its cells; none for a blank record."""
        if '"' not in record:
            return record.split(self._delimiter) if record else []
        if self.is_usual:
            try:
                return next(csv.reader((record,), delimiter=self._delimiter, strict=True))
            except csv.Error:
                pass
        fields: list[str] = self._fields.findall(record)
        apart = self._with_stray_quotes(record, fields)
        if apart:
            return [field if self._open.fullmatch(field) else self._text(field) for field in apart]
        return [self._text(field) for field in fields]

    def width_as_text(self, line: str) -> int:
        """Count a line's fields when a quote that the line does not close is text."""
        return len(self._as_text.findall(line))

    def is_whole(self, record: str) -> bool:
        """Whether each field that has a line break ends with its closing quote."""
        broken = (field for field in self._fields.findall(record) if "\n" in field or "\r" in field)
        return all(map(self._proper.fullmatch, broken))

    def open_places(self, fields: Sequence[str]) -> list[int]:
        """Say which of a record's fields have an opening quote that nothing closes."""
        return [place for place, field in enumerate(fields) if self._open.fullmatch(field)]

    def split_closed(self, record: str) -> list[str]:
        """Split a record into its fields as written, and close one that is open: as it is read, so is it quoted."""
        if '"' not in record:
            return record.split(self._delimiter)
        fields: list[str] = self._fields.findall(record)
        if not self._open.fullmatch(fields[-1]):
            return fields
        apart = self._with_stray_quotes(record, fields)
        if apart:
            return [self.quoted(field) if self._open.fullmatch(field) else field for field in apart]
        return [*fields[:-1], fields[-1] + '"']

    def quoted(self, text: str) -> str:
        """Put a text into quotes as the file does."""
        if self.form.backslash:
            # A backslash before a quote, also the closing one, would take the quote for its own.
            return '"' + _BEFORE_QUOTE.sub(r"\1\1", text).replace('"', '\\"') + '"'
        return '"' + text.replace('"', '""') + '"'

    def is_odd(self, record: str) -> bool:
        """Whether a record has text behind a closing quote, or no closing quote: well-formed ones do not."""
        return '"' in record and any(
            self._parts.match(field) is not None and self._proper.fullmatch(field) is None
            for field in self._fields.findall(record)
        )

    def _with_stray_quotes(self, record: str, fields: Sequence[str]) -> list[str]:
        """Split a record whose last field is open with its quote as text; none when it does not fit the table so."""
        tells = self.form.width >= FEWEST_FIELDS and "\n" not in record and "\r" not in record
        if not tells or not self._open.fullmatch(fields[-1]):
            return []
        apart: list[str] = self._as_text.findall(record)
        return apart if len(apart) == self.form.width else []

    def _text(self, field: str) -> str:
        found = self._parts.fullmatch(field)
        if found is None:
            return field
        within, behind = found.groups()
        text = within.replace('""', '"')
        if self.form.backslash:
            text = text.replace('\\"', '"')
        return text + (behind.rstrip(" ") if self.form.spaced else behind)
