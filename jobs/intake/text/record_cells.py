"""The records of a text as cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from jobs.intake.text.opened import OpenText
from jobs.intake.text.record_fields import RecordFields
from jobs.intake.text.record_form import RecordForm, told_delimiter
from jobs.intake.text.records import RecordScanner, RecordTooLongError
from jobs.intake.text.row_tally import RowTally


class UnclosedQuoteError(Exception):
    """A quotation mark of a record is never closed, and the table does not tell where the cell ends."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class RecordCells:
    """Streams the cells of each record with its number; well-formed text is left to the `csv` module."""

    def __init__(self, open_text: OpenText, form: RecordForm) -> None:
        self._open_text = open_text
        self._fields = RecordFields(form)
        self._scanner = RecordScanner(self._fields)
        #: Rows with a quotation mark that nothing closes and that is taken for a part of the text.
        self.stray_quotes = RowTally()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Stream the records, blank ones included.

        Raises: UnclosedQuoteError
        """
        self.stray_quotes = RowTally()
        number = -1
        if self._fields.is_usual:
            try:
                for number, cells in self._well_formed():
                    yield number, cells
            except csv.Error:
                pass
            else:
                return
        yield from self._others(number)

    def _well_formed(self) -> Iterator[tuple[int, list[str]]]:
        with self._open_text() as text:
            delimiter = self._fields.form.delimiter
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            for first in reader:
                number = 0 if told_delimiter(delimiter.join(first)) else 1
                yield number, first
                yield from enumerate(reader, number + 1)

    def _others(self, after: int) -> Iterator[tuple[int, list[str]]]:
        number = after
        try:
            with self._open_text() as text:
                for number, record, _ in self._scanner.numbered(text):
                    if number > after:
                        if '"' in record:
                            self._see_quotes(number, record)
                        yield number, self._fields.cells(record)
        except RecordTooLongError as error:
            raise UnclosedQuoteError(number + 1) from error

    def _see_quotes(self, number: int, record: str) -> None:
        if not self._fields.open_places(self._fields.split(record)):
            return
        if "\n" in record or "\r" in record:
            raise UnclosedQuoteError(number)
        self.stray_quotes.add(number)
