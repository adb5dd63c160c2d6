"""Delimited text: .csv, .tsv and their kin, streamed record by record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path

from jobs.intake.header import first_rows, lay_out
from jobs.intake.text.delimiter import find_delimiter
from jobs.intake.text.encoding import Encoding, find_encoding
from jobs.intake.text.row_tally import RaggedRows, RowTally
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError

#: Longest cell that is read; a file with a longer one has lost a quotation mark.
_MOST_CELL_CHARS = 16_000_000


class DelimitedSheet:
    """A text file of records; a row number is a record's number, blank ones included, as spreadsheets count."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        csv.field_size_limit(_MOST_CELL_CHARS)
        self._path = path
        self._encoding = find_encoding(path)
        with _text(path, self._encoding) as text:
            delimiter = find_delimiter(text, prefer_tab=path.suffix.lower() in {".tsv", ".tab"})
        self._delimiter = delimiter
        header, columns = lay_out(first_rows(self._records(), options.header_row), options.header_row, path.name)
        self._found_notes = _encoding_notes(self._encoding)
        self._header_width = len(header.cells)
        self._info = SheetInfo(
            path=path,
            format="tsv" if delimiter == "\t" else "csv",
            sheet="",
            header_row=header.number,
            columns=columns,
            encoding=self._encoding.name,
            delimiter=delimiter,
            notes=self._found_notes,
        )

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the records below the header that have any text, in order."""
        ragged = RaggedRows(self._header_width)
        see = ragged.see
        for row in self._records(after=self._info.header_row):
            see(row.number, row.cells)
            yield row
        self._info = replace(self._info, notes=(*self._found_notes, *ragged.notes()))

    def _records(self, *, after: int = 0) -> Iterator[Row]:
        with _text(self._path, self._encoding) as text:
            reader = csv.reader(text, delimiter=self._delimiter)
            number = 0
            cells: list[str] = []
            try:
                for number, cells in enumerate(reader, start=1):
                    if number > after and any(cells) and not all(map(_is_blank, cells)):
                        yield Row(number, tuple(cells))
            except csv.Error as error:
                raise self._unclosed(number + 1) from error
        if cells and ("\n" in cells[-1] or "\r" in cells[-1]) and not _ends_quoted(self._path):
            raise self._unclosed(number)

    def _unclosed(self, number: int) -> UserError:
        return UserError(
            f"{self._path.name}, row {number}: a quotation mark is opened and never closed, "
            "so that everything after it is one cell.",
            fix="Correct the quotation marks of that row, or save the table as .xlsx.",
            code="source",
        )


def _text(path: Path, encoding: Encoding) -> TextIOWrapper:
    """Open the text with its line ends as they are, without a byte order mark."""
    text = TextIOWrapper(path.open("rb"), encoding=encoding.name, errors=encoding.errors, newline="")
    if encoding.name == "utf-8" or text.read(1) != "\ufeff":
        text.seek(0)
    return text


def _is_blank(cell: str) -> bool:
    return not cell.strip()


def _encoding_notes(encoding: Encoding) -> tuple[str, ...]:
    lines = RowTally("Line")
    for line in encoding.bad_lines:
        lines.add(line)
    return (f"{lines} bytes that are not UTF-8; they were read as Windows-1252.",) if lines else ()


def _ends_quoted(path: Path) -> bool:
    """Whether the last character of the file, line ends aside, is a quotation mark."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return file.read().rstrip(b"\r\n\x00").endswith(b'"')
