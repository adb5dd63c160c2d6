"""Which output cells have text in the source already, read in step with whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.sheet import Row
from outputs.columns import ColumnKind, OutputColumn
from outputs.rows import Cells


class FilledCells:
    """The output cells of fields that have text, row by row; an account of ours is no text of the user's.

    Rows are asked for in the order of the file or of their numbers, so that none but the rows ahead are held, and these
    only where the file is out of order.
    """

    def __init__(self, columns: Sequence[OutputColumn], rows: Iterable[Row]) -> None:
        fields = [(at, column) for at, column in enumerate(columns) if column.kind is ColumnKind.FIELD]
        self._places = [(at, column.existing) for at, column in fields if column.existing is not None]
        self._of_items: dict[tuple[str, str], set[int]] = {}
        for at, column in fields:
            self._of_items.setdefault((column.template, column.locale), set()).add(at)
        self._rows = iter(rows)
        self._ahead: dict[int, frozenset[int]] = {}

    def items(self, number: int) -> frozenset[tuple[str, str]]:
        """Give the templates and locales that have no empty cell in a row."""
        filled = self._take(number)
        return frozenset(item for item, cells in self._of_items.items() if cells <= filled)

    def left_alone(self, rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
        """Take the cells out of rows, by number, where the source has text."""
        for number, cells in rows:
            filled = self._take(number)
            yield number, {at: value for at, value in cells.items() if at not in filled}

    def _take(self, number: int) -> frozenset[int]:
        """Give the positions in the plan of a row's filled cells, once."""
        if not self._places:
            return frozenset()
        if number in self._ahead:
            return self._ahead.pop(number)
        for row in self._rows:
            if row.number == number:
                return self._filled(row)
            if row.number > number:
                self._ahead[row.number] = self._filled(row)
        return frozenset()

    def _filled(self, row: Row) -> frozenset[int]:
        return frozenset(at for at, place in self._places if place < len(row.cells) and row.cells[place].strip())
