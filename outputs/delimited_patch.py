"""The copy inside the user's own CSV or TSV: their cells stay as their bytes are."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

from jobs.money import plain
from jobs.sheet import SheetInfo
from outputs.cell_text import cleaned, inert
from outputs.columns import OutputColumn
from outputs.delimited_scan import KEEP, DelimitedScanner, Units, find_units
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from outputs.rows import Cells, CellValue
from outputs.source_file import opened_source
from outputs.whole_file import whole_file

_MARK_BYTES = 4


def patch_delimited(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source again with the rows' cells in it; rows come ordered by their number.

    New cells stand at the end of each record below the header, before its line break; shorter records are filled up to
    the widest one. Blank records and those above the header stay as they are.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """
    scanner = DelimitedScanner(info.delimiter)
    notes = WriteNotes()
    with opened_source(source) as file, whole_file(target) as out:
        units = find_units(file.read(_MARK_BYTES), info.encoding)
        shape = _measure(file, units, scanner, info)
        cells = _CellWriter(units=units, delimiter=info.delimiter, quote_all=shape.quote_all, notes=notes)
        patch = _Patch(scanner=scanner, cells=cells, columns=columns, width=shape.width, delimiter=info.delimiter)
        out.write(units.mark)
        _write(_text(file, units), out, patch, info.header_row, RowFeed(rows))
    return notes


@dataclass(frozen=True, slots=True)
class _Shape:
    #: Fields of the widest record from the header on.
    width: int
    #: The header quotes every cell, so ours are quoted too.
    quote_all: bool


def _measure(file: IO[bytes], units: Units, scanner: DelimitedScanner, info: SheetInfo) -> _Shape:
    width, quote_all = len(info.columns), False
    for number, (record, _) in enumerate(scanner.records(_text(file, units)), 1):
        if number == info.header_row:
            quote_all = all(field.startswith('"') for field in scanner.fields(record))
        if number >= info.header_row and record:
            width = max(width, scanner.width(record))
    return _Shape(width, quote_all)


def _text(file: IO[bytes], units: Units) -> IO[str]:
    """Read the file from behind its mark as units; the file stays open when the text is gone."""
    raw = io.FileIO(file.fileno(), closefd=False)
    raw.seek(len(units.mark))
    return io.TextIOWrapper(io.BufferedReader(raw, 1 << 18), encoding=units.codec, errors=KEEP, newline="")


def _write(text: IO[str], out: IO[bytes], patch: _Patch, header_row: int, feed: RowFeed) -> None:
    codec = patch.cells.units.codec
    lines: list[str] = []
    for number, (record, line_break) in enumerate(patch.scanner.records(text), 1):
        if not line_break and patch.scanner.is_open(record):
            record += '"'  # noqa: PLW2901 - what we add must not fall into the user's last cell
        if number < header_row or not record:
            lines.append(record)
        elif number == header_row:
            lines.append(patch.header(record))
        else:
            lines.append(patch.record(record, number, feed.take(number) or {}))
        lines.append(line_break)
        if len(lines) > 2000:  # noqa: PLR2004 - a thousand records are a good write
            out.write("".join(lines).encode(codec, KEEP))
            lines.clear()
    out.write("".join(lines).encode(codec, KEEP))
    feed.close()


@dataclass(slots=True, kw_only=True)
class _CellWriter:
    """Writes a value of ours as a field."""

    units: Units
    delimiter: str
    quote_all: bool
    notes: WriteNotes

    def field(self, value: CellValue, row: int, header: str) -> str:
        if value is None or value == "":
            return '""' if self.quote_all else ""
        if not isinstance(value, str):
            text = plain(value) if isinstance(value, Decimal) else str(value)
            return f'"{text}"' if self.quote_all else text
        text = cleaned(value)
        if text is not value:
            self.notes.add_cleaned(row, header)
        return self._encoded(self._quoted(inert(text)), row, header)

    def _quoted(self, text: str) -> str:
        if (
            self.quote_all
            or self.delimiter in text
            or '"' in text
            or "\n" in text
            or "\r" in text
            or text != text.strip()
        ):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _encoded(self, text: str, row: int, header: str) -> str:
        try:
            return self.units.of_cell(text)
        except UnicodeEncodeError:
            self.notes.add_replaced(row, header)
            return self.units.of_cell(text.encode(self.units.cells, "replace").decode(self.units.cells))


@dataclass(slots=True, kw_only=True)
class _Patch:
    """Puts our fields into a record."""

    scanner: DelimitedScanner
    cells: _CellWriter
    columns: Sequence[OutputColumn]
    #: Fields before ours.
    width: int
    delimiter: str

    def header(self, record: str) -> str:
        names = [self.cells.field(each.header, 0, each.header) for each in self.columns if each.existing is None]
        return self._joined(record, names)

    def record(self, record: str, number: int, cells: Cells) -> str:
        in_place: dict[int, str] = {}
        new: list[str] = []
        for position, column in enumerate(self.columns):
            if column.existing is None:
                new.append(self.cells.field(cells.get(position), number, column.header))
            elif position in cells:
                in_place[column.existing] = self.cells.field(cells[position], number, column.header)
        return self._joined(self._replaced(record, in_place) if in_place else record, new)

    def _replaced(self, record: str, in_place: dict[int, str]) -> str:
        fields = self.scanner.fields(record)
        fields += [""] * (max(in_place) + 1 - len(fields))
        for index, field in in_place.items():
            fields[index] = field
        return self.delimiter.join(fields)

    def _joined(self, record: str, new: list[str]) -> str:
        if not new:
            return record
        missing = self.width - self.scanner.width(record)
        return self.delimiter.join([record, *[""] * missing, *new])
