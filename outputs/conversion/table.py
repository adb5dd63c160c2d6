"""The table's rows with the copy in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.intake.book import GENERAL, BookRow
from jobs.intake.letters import MOST_COLUMNS
from jobs.sheet import SheetInfo
from outputs.cell_text import cleaned, cut, one_line_break
from outputs.columns import ColumnKind, OutputColumn
from outputs.conversion.rows import NewCell, NewRow
from outputs.conversion.survey import Look, Style
from outputs.conversion.users_cells import UsersCells
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from templates.errors import UserError

#: Width of a new column, in characters.
_WIDTHS = {ColumnKind.FIELD: 50.0, ColumnKind.NOTES: 40.0, ColumnKind.MODEL: 30.0}
_OTHER_WIDTH = 20.0
#: Columns whose text may run over several lines.
_LONG = {ColumnKind.FIELD, ColumnKind.NOTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a planned column lies in the sheet."""

    header: str
    #: Sheet column from 0.
    column: int
    is_new: bool
    is_long: bool


class Table:
    """Where our columns lie in the table's sheet, and what goes there."""

    def __init__(self, info: SheetInfo, columns: Sequence[OutputColumn], free_column: int) -> None:
        self._header_row = info.header_row
        first = max(free_column, len(info.columns))
        kinds = [each.kind for each in columns if each.existing is None]
        if first + len(kinds) > MOST_COLUMNS:
            raise UserError(
                f'{info.path.name}, sheet "{info.sheet}": there is no room right of the table for our columns.',
                fix="Clear the last columns of the sheet.",
                code="source",
            )
        #: Width of each new column, in characters, by its place from 0.
        self.widths = {first + at: _WIDTHS.get(kind, _OTHER_WIDTH) for at, kind in enumerate(kinds)}
        free = iter(self.widths)
        self._places = [
            Place(
                header=each.header,
                column=next(free) if each.existing is None else each.existing,
                is_new=each.existing is None,
                is_long=each.kind in _LONG,
            )
            for each in columns
        ]

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
        text = cleaned(value)
        if text is not value:
            self._notes.add_cleaned(row, place.header)
        whole = one_line_break(text)
        text = cut(whole)
        if text is not whole:
            self._notes.add_cut(row, place.header)
        return NewCell(place.column, text, self._wrapped if place.is_long else 0)
