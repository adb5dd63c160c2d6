"""Where the planned columns lie in a sheet, and how wide the new ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from jobs.intake.letters import MOST_COLUMNS, column_letter
from jobs.sheet import SheetInfo
from outputs.columns import ColumnKind, OutputColumn
from templates.errors import UserError

#: Width of a new column, in characters.
_WIDTHS = {ColumnKind.FIELD: 50.0, ColumnKind.NOTES: 40.0, ColumnKind.MODEL: 30.0}
_OTHER_WIDTH = 20.0
#: A header makes its column wider, up to here.
_WIDEST_FOR_HEADER = 50.0
#: Characters of a header's width for the gap at its end.
_HEADER_GAP = 3
#: Columns whose text may run over several lines.
_LONG = {ColumnKind.FIELD, ColumnKind.NOTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A planned column at its place in a sheet."""

    header: str
    #: Sheet column from 0, and its letters.
    column: int
    letters: str = field(init=False)
    #: In characters; text that is longer goes on in the next line.
    width: float
    is_new: bool
    is_long: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "letters", column_letter(self.column))


def place_columns(info: SheetInfo, columns: Sequence[OutputColumn], free_column: int) -> list[Place]:
    """Settle where each planned column lies: its own place, or the next one right of the table.

    `free_column`: the first column, from 0, right of all content.

    Raises:
        UserError: the sheet has no room for the new ones.
    """
    free = count(max(free_column, len(info.columns)))
    places = [
        Place(
            header=each.header,
            column=next(free) if each.existing is None else each.existing,
            width=_width(each),
            is_new=each.existing is None,
            is_long=each.kind in _LONG,
        )
        for each in columns
    ]
    if any(place.column >= MOST_COLUMNS for place in places):
        raise UserError(
            f'{info.path.name}, sheet "{info.sheet}": there is no room right of the table for our columns.',
            fix="Clear the last columns of the sheet.",
            code="source",
        )
    return places


def _width(column: OutputColumn) -> float:
    for_header = min(len(column.header) + _HEADER_GAP, _WIDEST_FOR_HEADER)
    return max(_WIDTHS.get(column.kind, _OTHER_WIDTH), for_header)
