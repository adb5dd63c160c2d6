"""Second pass over a table: the rows with the copy in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from jobs.money import plain
from outputs.mending import mended
from outputs.notes import WriteNotes
from outputs.ods.cell_writer import CellWriter
from outputs.ods.content_scan import TableRow
from outputs.ods.row_cells import Cell, CellReader, Spot, part_of
from outputs.ods.styles import OurStyles
from outputs.ods.survey import Survey
from outputs.places import Place
from outputs.row_feed import RowFeed
from outputs.rows import Cells, CellValue

_ROWS_REPEATED = "table:number-rows-repeated"
#: Pieces are handed on in about this size.
_PIECE_BYTES = 1 << 17


class RowPatcher:
    """Puts cells of ours into rows."""

    def __init__(
        self,
        writer: CellWriter,
        places: Sequence[Place],
        styles: OurStyles,
        survey: Survey,
        notes: WriteNotes,
    ) -> None:
        self._reader = CellReader(writer.markup)
        self._writer = writer
        self._places = places
        self._our_styles = styles
        self._survey = survey
        self._notes = notes
        self._styles = lru_cache(maxsize=4096)(self._choose_styles)

    def header(self, row: TableRow) -> bytes:
        """Write the header row with the names of the new columns."""
        cells = self._reader.cells(row.body)
        style = self._survey.header_style
        names = {
            place.column: self._cell(place, row.number, place.header, style, _at(cells, place.column))
            for place in self._places
            if place.is_new
        }
        return self._joined(row, cells, names)

    def row(self, row: TableRow, number: int, values: Cells) -> bytes:
        """Write a row with the cells of its items; a cell that holds a formula stays."""
        spots = self._reader.spots(row.body)
        cells = self._cells_to_mind(row, spots, values)
        text_style, number_style = self._styles(spots, self._row_style(row))
        ours = {}
        for position, value in values.items():
            place = self._places[position]
            cell = _at(cells, place.column)
            is_kept = cell is not None and (cell.spot.is_filled or bool(cell.spot.traits.style and not place.is_new))
            style = b"" if is_kept or value is None else text_style if isinstance(value, str) else number_style
            if cell and cell.spot.traits.has_formula:
                self._notes.add_formula(number, place.header)
            elif cell or value is not None:
                ours[place.column] = self._cell(place, number, value, style, cell)
        return self._joined(row, cells, ours)

    def _cells_to_mind(self, row: TableRow, spots: tuple[Spot, ...], values: Cells) -> list[Cell]:
        """Read the row's cells; only the last matters when ours lie in it or right of it, as they mostly do."""
        lowest = min((self._places[position].column for position in values), default=0)
        last = self._reader.last_cell(row.body, spots) if spots and lowest >= spots[-1].column else None
        return [last] if last else self._reader.cells(row.body, spots)

    def _row_style(self, row: TableRow) -> bytes:
        return self._writer.markup.value(row.attributes, "table:default-cell-style-name") or b""

    def _choose_styles(self, spots: tuple[Spot, ...], row_style: bytes) -> tuple[bytes, bytes]:
        """Choose a row's styles for text and for numbers by the looks of its cells."""
        defaults = self._survey.column_styles
        looks = Counter(
            spot.traits.style or row_style or (defaults[spot.column] if spot.column < len(defaults) else b"")
            for spot in spots
            if spot.is_filled
        )
        return self._our_styles.text_style(looks), self._our_styles.number_style(looks)

    def again(self, row: TableRow, times: int) -> bytes:
        """Give a row as it is, for some of the sheet rows that it stands for."""
        attributes = self._writer.markup.repeated(row.attributes, _ROWS_REPEATED, times)
        return row._replace(attributes=attributes).xml()

    def _cell(self, place: Place, number: int, value: CellValue, style: bytes, cell: Cell | None) -> bytes:
        if value is None:
            return self._writer.blank(cell, style)
        if not isinstance(value, str):
            return self._writer.number(cell, style, plain(value) if isinstance(value, Decimal) else str(value))
        return self._writer.text(cell, style, mended(value, number, place.header, self._notes))

    def _joined(self, row: TableRow, cells: Sequence[Cell], ours: Mapping[int, bytes]) -> bytes:
        """Put cells of ours into a row: in the place of the user's, or of some columns of them, or right of all."""
        body = self._body(row.body, cells, ours) if ours else row.body
        attributes = self._writer.markup.repeated(row.attributes, _ROWS_REPEATED, 1)
        if not row.close and ours:
            attributes = attributes.rstrip().removesuffix(b"/").rstrip()
            return b"".join((row.start, attributes, b">", body, b"</", row.start[1:], b">"))
        return row._replace(attributes=attributes, body=body).xml()

    def _body(self, body: bytes, cells: Sequence[Cell], ours: Mapping[int, bytes]) -> bytes:
        mark = self._writer.markup
        pieces: list[bytes] = []
        left = sorted(ours, reverse=True)
        at = end = 0
        for cell in cells:
            end = cell.spot.right + 1
            if not left or left[-1] >= end:
                continue
            pieces.append(body[at : cell.start])
            column = cell.spot.column
            while left and left[-1] < end:
                place = left.pop()
                if place > column:
                    pieces.append(part_of(mark, cell, place - column))
                pieces.append(ours[place])
                column = place + 1
            if column < end:
                pieces.append(part_of(mark, cell, end - column))
            at = cell.end
        last = cells[-1].end if cells else 0
        pieces.append(body[at:last])
        while left:
            place = left.pop()
            if place > end:
                pieces.append(self._writer.gap(place - end))
            pieces.append(ours[place])
            end = place + 1
        return b"".join([*pieces, body[last:]])


def _at(cells: Sequence[Cell], column: int) -> Cell | None:
    """Give the cell that stands for a column."""
    return next((cell for cell in reversed(cells) if cell.spot.column <= column <= cell.spot.right), None)


def patched_rows(rows: Iterator[TableRow], feed: RowFeed, patcher: RowPatcher, header_row: int) -> Iterator[bytes]:
    """Stream the table's rows, those with cells of ours patched; one that stands for many is parted only there.

    Raises:
        UserError: a row with cells of ours is not in the sheet.
    """
    pieces: list[bytes] = []
    size = 0
    for row in rows:
        pieces.append(row.before)
        same = 0
        for number in range(row.number, row.number + row.times):
            values = feed.take(number)
            if not values and number != header_row:
                same += 1
                continue
            if same:
                pieces.append(patcher.again(row, same))
                same = 0
            pieces.append(patcher.row(row, number, values) if values else patcher.header(row))
        if same:
            pieces.append(row.xml() if same == row.times else patcher.again(row, same))
        size += len(row.body) + len(pieces[-1])
        if size > _PIECE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    yield b"".join(pieces)
    feed.close()
