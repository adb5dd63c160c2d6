"""The table's rows with the copy in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from jobs.intake.book import GENERAL, BookRow
from jobs.sheet import SheetInfo
from outputs.cell_text import cleaned
from outputs.columns import OutputColumn
from outputs.conversion.rows import NewCell, NewRow
from outputs.conversion.survey import Look, Style
from outputs.conversion.users_cells import UsersCells
from outputs.mending import mended
from outputs.notes import WriteNotes
from outputs.places import Place, place_columns
from outputs.row_feed import RowFeed


class Table:
    """Where our columns lie in the table's sheet, and what goes there."""

    def __init__(self, info: SheetInfo, columns: Sequence[OutputColumn], free_column: int) -> None:
        self._header_row = info.header_row
        self._places = place_columns(info, columns, free_column)

    @property
    def widths(self) -> dict[int, float]:
        """Width of each new column, in characters, by its place from 0."""
        return {place.column: place.width for place in self._places if place.is_new}

    @property
    def last_column(self) -> int:
        """The last of our columns, from 0; -1 when there is none."""
        return max((place.column for place in self._places), default=-1)

    def rows(self, rows: Iterable[BookRow], feed: RowFeed, users: UsersCells, ours: OurCells) -> Iterator[NewRow]:
        """Stream the sheet's rows, those with cells of ours among them.

        Raises: UserError when a row with cells of ours is not in the sheet.
        """
        for row in rows:
            is_header = row.number == self._header_row
            cells = {cell.column: cell for cell in users.cells(row, Look.BOLD if is_header else Look.PLAIN)}
            if is_header:
                cells |= {place.column: ours.header(place) for place in self._places if place.is_new}
            for position, value in (feed.take(row.number) or {}).items():
                place = self._places[position]
                before = cells.pop(place.column, None)
                if value is not None:
                    cells[place.column] = ours.cell(place, value, row.number, before.style if before else 0)
            yield row.number, [cells[column] for column in sorted(cells)]
        feed.close()


class OurCells:
    """Gives cells of ours."""

    def __init__(self, styles: Mapping[Style, int], notes: WriteNotes) -> None:
        self._bold = styles[Style(GENERAL, Look.BOLD)]
        self._wrapped = styles[Style(GENERAL, Look.WRAPPED)]
        self._notes = notes

    def header(self, place: Place) -> NewCell:
        """Give the name of a new column."""
        return NewCell(place.column, cleaned(place.header), self._bold)

    def cell(self, place: Place, value: str | int | Decimal, row: int, style: int) -> NewCell:
        """Give a value; a number keeps the format of the cell that it takes the place of."""
        if not isinstance(value, str):
            return NewCell(place.column, value, style)
        text = mended(value, row, place.header, self._notes)
        return NewCell(place.column, text, self._wrapped if place.is_long else 0)
