"""Second pass over a sheet: the rows with the copy in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.intake.ooxml.sheet_scan import SheetRow
from jobs.money import plain
from outputs.cell_text import cleaned, cut, one_line_break, xml_text
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from outputs.rows import Cells, CellValue
from outputs.xlsx.sheet_cells import Cell, CellReader, CellWriter, letters, merged
from outputs.xlsx.styles import Formats

_SPANS = re.compile(rb"""(\sspans\s*=\s*["']\d+:)(\d+)""")
#: Pieces are handed on in about this size.
_PIECE_BYTES = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a planned column lies in the sheet."""

    header: str
    #: Sheet column from 0.
    column: int
    is_new: bool


@dataclass(slots=True, kw_only=True)
class RowPatcher:
    """Puts cells of ours into rows."""

    reader: CellReader
    writer: CellWriter
    places: Sequence[Place]
    formats: Formats
    notes: WriteNotes

    def header(self, row: SheetRow, style: bytes) -> bytes:
        """Write the header row with the names of the new columns."""
        number = b"%d" % row.number
        names = [
            (place.column, self._cell(place, number, place.header, style)) for place in self.places if place.is_new
        ]
        return self._joined(row, self.reader.cells(row.body), names)

    def row(self, row: SheetRow, values: Cells) -> bytes:
        """Write a row with the cells of its items; a cell that holds a formula stays."""
        styles = self.reader.styles(row.body)
        text_style, number_style = self.formats.text_style(styles), self.formats.number_style(styles)
        user_cells = self._cells_to_mind(row, values)
        by_column = {cell.column: cell for cell in user_cells}
        number = b"%d" % row.number
        ours = []
        for position, value in values.items():
            place = self.places[position]
            cell = by_column.get(place.column)
            if cell and cell.has_formula:
                self.notes.add_formula(row.number, place.header)
            elif cell:
                ours.append((place.column, self._cell(place, number, value, cell.style)))
            elif value is not None:
                style = text_style if isinstance(value, str) else number_style
                ours.append((place.column, self._cell(place, number, value, style)))
        return self._joined(row, user_cells, sorted(ours))

    def _cells_to_mind(self, row: SheetRow, values: Cells) -> list[Cell]:
        """Read the row's cells, unless all of them lie left of ours, as they mostly do."""
        last = self.reader.last_column(row.body)
        lowest = min((self.places[position].column for position in values), default=0)
        is_left = last is not None and last < lowest and b"extLst" not in row.body
        return [] if is_left else self.reader.cells(row.body)

    def _cell(self, place: Place, row: bytes, value: CellValue, style: bytes) -> bytes:
        ref = letters(place.column) + row
        if value is None:
            return self.writer.blank(ref, style)
        if not isinstance(value, str):
            digits = plain(value) if isinstance(value, Decimal) else str(value)
            return self.writer.number(ref, style, digits)
        text = cleaned(value)
        if text is not value:
            self.notes.add_cleaned(int(row), place.header)
        whole = one_line_break(text)
        text = cut(whole)
        if text is not whole:
            self.notes.add_cut(int(row), place.header)
        return self.writer.text(ref, style, xml_text(text))

    def _joined(self, row: SheetRow, cells: Sequence[Cell], ours: Sequence[tuple[int, bytes]]) -> bytes:
        if not ours:
            return b"".join(row[1:])
        tag, close = row.tag, row.close
        if not close:
            tag = tag[:-2].rstrip() + b">"
            close = b"</" + row.tag[1 : row.tag.index(b"row") + 3] + b">"
        last = ours[-1][0] + 1
        tag = _SPANS.sub(lambda spans: b"%b%d" % (spans[1], max(int(spans[2]), last)), tag)
        return b"".join((row.before, tag, merged(row.body, cells, ours), close))


def patched_rows(
    scanned: Iterator[SheetRow], feed: RowFeed, patcher: RowPatcher, header_row: int, header_style: bytes
) -> Iterator[bytes]:
    """Stream the sheet's rows, those with cells of ours patched.

    Raises:
        UserError: a row with cells of ours is not in the sheet.
    """
    pieces: list[bytes] = []
    size = 0
    for row in scanned:
        values = feed.take(row.number)
        if values:
            xml = patcher.row(row, values)
        elif row.number == header_row:
            xml = patcher.header(row, header_style)
        else:
            xml = b"".join(row[1:])
        pieces.append(xml)
        size += len(xml)
        if size > _PIECE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    yield b"".join(pieces)
    feed.close()
