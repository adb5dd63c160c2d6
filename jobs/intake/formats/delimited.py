"""Delimited text: .csv, .tsv and their kin, streamed record by record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from jobs.intake.header import first_rows, lay_out
from jobs.intake.text.codec_names import label
from jobs.intake.text.delimiter import find_delimiter, sample_lines, usual_width
from jobs.intake.text.encoding import Encoding, find_encoding
from jobs.intake.text.opened import opened_text
from jobs.intake.text.quoting import find_form
from jobs.intake.text.record_cells import RecordCells, UnclosedQuoteError
from jobs.intake.text.record_form import RecordForm
from jobs.intake.text.records import MOST_RECORD_CHARS
from jobs.intake.text.row_tally import RaggedRows, RowTally
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError


class DelimitedSheet:
    """A text file of records; a row number is a record's number, blank ones included, as spreadsheets count."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        csv.field_size_limit(MOST_RECORD_CHARS)
        self._path = path
        self._encoding = find_encoding(path, options.encoding)
        form = self._found_form()
        self._cells = RecordCells(partial(opened_text, path, self._encoding), form)
        header, columns = lay_out(first_rows(self._records(), options.header_row), options.header_row, path.name)
        self._found_notes = _encoding_notes(self._encoding)
        self._header = header.cells
        self._info = SheetInfo(
            path=path,
            format="tsv" if form.delimiter == "\t" else "csv",
            sheet="",
            header_row=header.number,
            columns=columns,
            encoding=self._encoding.name,
            delimiter=form.delimiter,
            quoting=form.quoting,
            record_width=form.width,
            notes=self._found_notes,
        )

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the records below the header that have any text, in order."""
        ragged = RaggedRows(self._header)
        see = ragged.see
        for row in self._records(after=self._info.header_row):
            see(row.number, row.cells)
            yield row
        self._info = replace(
            self._info, notes=(*self._found_notes, *_quote_notes(self._cells.stray_quotes), *ragged.notes())
        )

    def _found_form(self) -> RecordForm:
        open_text = partial(opened_text, self._path, self._encoding)
        with open_text() as text:
            lines = sample_lines(text)
        delimiter = find_delimiter(lines, prefer_tab=self._path.suffix.lower() in {".tsv", ".tab"})
        return find_form(open_text, RecordForm(delimiter=delimiter, width=usual_width(lines, delimiter)))

    def _records(self, *, after: int = 0) -> Iterator[Row]:
        try:
            for number, cells in self._cells:
                if number > after and any(cells) and not all(map(_is_blank, cells)):
                    yield Row(number, tuple(cells))
        except UnclosedQuoteError as error:
            raise self._unclosed(error.number) from error

    def _unclosed(self, number: int) -> UserError:
        return UserError(
            f"{self._path.name}, row {number}: a quotation mark is opened and never closed, "
            "so that everything after it is one cell.",
            fix="Correct the quotation marks of that row, or save the table as .xlsx.",
            code="source",
        )


def _is_blank(cell: str) -> bool:
    return not cell.strip()


def _encoding_notes(encoding: Encoding) -> tuple[str, ...]:
    notes = []
    name = label(encoding.name)
    if encoding.guessed:
        notes.append(f"Read as {name}; if letters look wrong, give --source-encoding.")
    lines = RowTally("Line")
    for line in encoding.bad_lines:
        lines.add(line)
    if lines:
        how = "they were read as Windows-1252" if name == "UTF-8" else "� stands for them"
        notes.append(f"{lines} bytes that are not {name}; {how}.")
    return tuple(notes)


def _quote_notes(rows: RowTally) -> tuple[str, ...]:
    if not rows:
        return ()
    return (f"{rows} a quotation mark that nothing closes; it is taken for a part of the text and comes back doubled.",)
