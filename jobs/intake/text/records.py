"""Records of delimited text as they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from jobs.intake.text.record_fields import FEWEST_FIELDS, RecordFields
from jobs.intake.text.record_form import told_delimiter

#: Longest record that is read; in a file with a longer one a quotation mark is never closed.
MOST_RECORD_CHARS = 16_000_000

_SIMPLE = re.compile(r'([^"\r\n]*+)(\r\n?|\n)')
_LINE = re.compile(r"([^\r\n]*+)(\r\n?|\n|\Z)")


class Characters(Protocol):
    """Text that is read from its start on."""

    def read(self, size: int, /) -> str:
        """Read about so many characters, "" at the end."""


class RecordTooLongError(Exception):
    """A record goes on for longer than any record does: a quotation mark is never closed."""


class RecordScanner:
    """Splits text into records, by the rules of the `csv` module where it is well-formed.

    A quote that is never closed, or that another field's opening quote closes some lines on, would swallow whole
    records: where the line that it stands on and the line below are each as wide as the table, the quote is part of
    the text, and the line is a record.
    """

    def __init__(self, fields: RecordFields) -> None:
        self._fields = fields
        self._width = fields.form.width
        self._record = re.compile(rf"({fields.pattern}(?:{fields.mark}{fields.pattern})*+)(\r\n?|\n|\Z)", re.DOTALL)

    def numbered(self, file: Characters, *, chunk_chars: int = 1 << 18) -> Iterator[tuple[int, str, str]]:
        """Stream each record with its number and its line break, "" at the end of a file without one.

        Spreadsheet programs do not show the line `sep=;` and number the one below it 1; here it has the number 0.

        Raises: RecordTooLongError
        """
        records = self.records(file, chunk_chars=chunk_chars)
        record, line_break = next(records, ("", ""))
        number = 0 if told_delimiter(record) else 1
        if record or line_break:
            yield number, record, line_break
        for number, (record, line_break) in enumerate(records, number + 1):  # noqa: B020 - goes on from the first one
            yield number, record, line_break

    def records(self, file: Characters, *, chunk_chars: int = 1 << 18) -> Iterator[tuple[str, str]]:
        """Stream each record with its line break, "" at the end of a file without one.

        Raises: RecordTooLongError
        """
        simple, quoted = _SIMPLE.match, self._record.match
        buffer, start, size, ended = "", 0, chunk_chars, False
        while not (ended and start == len(buffer)):
            found = simple(buffer, start) or quoted(buffer, start)
            is_whole = found and (ended or found.end() < len(buffer))
            if found and (is_whole or len(buffer) - start > MOST_RECORD_CHARS):
                record, line_break = found.groups()
                if '"' in record and ("\n" in record or "\r" in record):
                    found = self._torn(found) or found
                    record, line_break = found.groups()
                if len(record) > MOST_RECORD_CHARS:
                    raise RecordTooLongError
                yield record, line_break
                start, size = found.end(), chunk_chars
                continue
            more = file.read(size)
            buffer, start, ended = buffer[start:] + more, 0, not more
            size *= 2

    def _torn(self, found: re.Match[str]) -> re.Match[str] | None:
        """Give the first line of a record that a stray quote has swallowed others into."""
        if self._width < FEWEST_FIELDS or self._fields.is_whole(found.group(1)):
            return None
        first = _LINE.match(found.string, found.start())
        return first if first and self._fits(first) and self._next_fits(first) else None

    def _fits(self, line: re.Match[str]) -> bool:
        return self._fields.width_as_text(line.group(1)) == self._width

    def _next_fits(self, line: re.Match[str]) -> bool:
        text, start = line.string, line.end()
        below = _LINE.match(text, start)
        while below and below.group(2) and not below.group(1).strip():
            start = below.end()
            below = _LINE.match(text, start)
        if below is None or not below.group(1).strip() or self._fits(below):
            return True
        record = self._record.match(text, start)
        return record is not None and self._fields.width(record.group(1)) == self._width
