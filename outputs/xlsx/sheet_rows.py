"""Second pass over a sheet: the rows with the copy in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.intake.ooxml.sheet_scan import SheetRow
from outputs.notes import WriteNotes
from outputs.places import Place
from outputs.row_feed import RowFeed
from outputs.rows import Cells, CellValue
from outputs.xlsx.heights import lines_of, with_height
from outputs.xlsx.new_cells import NewCells
from outputs.xlsx.regions import Regions
from outputs.xlsx.sheet_cells import Cell, CellReader, merged
from outputs.xlsx.styles import Formats, RowStyle

_SPANS = re.compile(rb"""(\sspans\s*=\s*["']\d+:)(\d+)""")
#: Pieces are handed on in about this size.
_PIECE_BYTES = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """What of a sheet decides how a row of it is patched."""

    header_row: int
    #: Format of new headers, "" for none.
    header_style: str
    #: Where a cell of the user's shows the text or the formula of another.
    merged: Regions
    computed: Regions
    #: Whether a row takes the height that its content needs, unless the user gave it one.
    rows_grow: bool


class RowPatcher:
    """Puts cells of ours into rows."""

    def __init__(
        self,
        *,
        prefix: bytes,
        encoding: str,
        places: Sequence[Place],
        facts: SheetFacts,
        formats: Formats,
        notes: WriteNotes,
    ) -> None:
        self._reader = CellReader(prefix)
        self._new = NewCells(prefix, notes)
        self._encoding = encoding
        self._places = sorted(enumerate(places), key=lambda entry: entry[1].column)
        self._facts = facts
        self._formats = formats
        self._notes = notes

    def patched(self, row: SheetRow, values: Cells | None) -> bytes:
        """Write a row: the header with new headers, one with items with their cells, any other as it is."""
        if values:
            return self._with_items(row, values)
        return self._with_headers(row) if row.number == self._facts.header_row else b"".join(row[1:])

    def _with_headers(self, row: SheetRow) -> bytes:
        new = [place for _, place in self._places if place.is_new]
        style = self._facts.header_style
        names = [(place.column, self._new.xml(place, row.number, place.header, style)) for place in new]
        return self._among(row, self._reader.cells(row.body), names)

    def _with_items(self, row: SheetRow, values: Cells) -> bytes:
        style = self._formats.of_row(self._reader.looks(row.body))
        if style.wraps and self._facts.rows_grow:
            row = row._replace(tag=with_height(row.tag, lines_of(self._long_texts(values)), style.size_pt))
        ours = [place for position, place in self._places if position in values]
        last = self._reader.last_column(row.body)
        if last is not None and last < ours[0].column and b"extLst" not in row.body:
            xml = self._new.beside(self._places, row.number, values, style)
            return _rebuilt(row, row.body + self._encoded(xml), ours[-1].column)
        # Cells left of ours are not looked at, where ours are there already.
        start = self._reader.start_of(row.body, f"{ours[0].letters}{row.number}")
        cells = self._reader.cells(row.body, start)
        return self._among(row, cells, self._in_place(row.number, cells, values, style))

    def _long_texts(self, values: Cells) -> list[tuple[str, float]]:
        return [
            (value, place.width)
            for position, place in self._places
            if place.is_new
            and isinstance(value := values.get(position), str)
            and (len(value) * 2 > place.width or "\n" in value)
        ]

    def _in_place(self, row: int, cells: Sequence[Cell], values: Cells, style: RowStyle) -> list[tuple[int, str]]:
        """Write the cells of a row that has cells where ours go; one that shows a formula or is covered stays."""
        by_column = {cell.column: cell for cell in cells}
        ours = []
        for position, place in self._places:
            if position not in values:
                continue
            value = values[position]
            cell = by_column.get(place.column)
            if not place.is_new and self._is_kept(row, place, cell):
                continue
            chosen = self._style_of(place, cell, style, value)
            if value is not None or cell or chosen:
                ours.append((place.column, self._new.xml(place, row, value, chosen)))
        return ours

    def _is_kept(self, row: int, place: Place, cell: Cell | None) -> bool:
        """Tell whether a cell of the user's is not to be written, and note it."""
        if (cell and cell.has_formula) or self._facts.computed.covers(row, place.column):
            self._notes.add_formula(row, place.header)
        elif self._facts.merged.covers(row, place.column):
            self._notes.add_merged(row, place.header)
        else:
            return False
        return True

    def _style_of(self, place: Place, cell: Cell | None, row: RowStyle, value: CellValue) -> str:
        """Choose a format: a filled column keeps its own, a new one takes the row's or that of the cell it covers."""
        if cell and (value is None or not place.is_new):
            return cell.style.decode()
        if value is None:
            return row.text if place.is_new else ""
        if cell and cell.style:
            row = self._formats.over(cell.style, row)
        return row.text if isinstance(value, str) else row.number

    def _among(self, row: SheetRow, cells: Sequence[Cell], ours: Sequence[tuple[int, str]]) -> bytes:
        if not ours:
            return b"".join(row[1:])
        body = merged(row.body, cells, [(column, self._encoded(xml)) for column, xml in ours])
        return _rebuilt(row, body, ours[-1][0])

    def _encoded(self, xml: str) -> bytes:
        return xml.encode(self._encoding, "xmlcharrefreplace")


def _rebuilt(row: SheetRow, body: bytes, last_column: int) -> bytes:
    """Put a row together with another body that reaches to a column."""
    tag, close = row.tag, row.close
    if not close:
        tag = tag[:-2].rstrip() + b">"
        close = b"</" + tag[1 : tag.index(b"row") + 3] + b">"
    if b"spans" in tag:
        tag = _SPANS.sub(lambda spans: b"%b%d" % (spans[1], max(int(spans[2]), last_column + 1)), tag)
    return b"".join((row.before, tag, body, close))


def patched_rows(scanned: Iterator[SheetRow], feed: RowFeed, patcher: RowPatcher) -> Iterator[bytes]:
    """Stream the sheet's rows, those with cells of ours patched.

    Raises:
        UserError: a row with cells of ours is not in the sheet.
    """
    pieces: list[bytes] = []
    size = 0
    for row in scanned:
        xml = patcher.patched(row, feed.take(row.number))
        pieces.append(xml)
        size += len(xml)
        if size > _PIECE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    yield b"".join(pieces)
    feed.close()
