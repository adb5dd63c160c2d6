"""Which output cells have text in the source already."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

from jobs.sheet import Row
from outputs.columns import ColumnKind, OutputColumn
from outputs.rows import Cells

_NOTHING: frozenset[int] = frozenset()


class FilledCells:
    """The output cells of fields that have text, row by row; an account of ours is no text of the user's.

    The source is read once and as far as rows are asked for, in whatever order; a few bytes are kept of each row.
    """

    def __init__(self, columns: Sequence[OutputColumn], rows: Iterable[Row]) -> None:
        fields = [(at, column) for at, column in enumerate(columns) if column.kind is ColumnKind.FIELD]
        self._places = [(at, column.existing) for at, column in fields if column.existing is not None]
        self._of_items: dict[tuple[str, str], set[int]] = {}
        for at, column in fields:
            self._of_items.setdefault((column.template, column.locale), set()).add(at)
        self._rows = iter(rows)
        # Rows share the few patterns that there are: by row number the pattern's, 0 for a row that has not come.
        self._seen = array("I")
        self._patterns = [_NOTHING]
        self._numbers: dict[frozenset[int], int] = {}

    def items(self, number: int) -> frozenset[tuple[str, str]]:
        """Give the templates and locales that have no empty cell in a row."""
        filled = self._at(number)
        return frozenset(item for item, cells in self._of_items.items() if cells <= filled)

    def left_alone(self, rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
        """Take the cells out of rows where the source has text."""
        for number, cells in rows:
            filled = self._at(number)
            yield number, {at: value for at, value in cells.items() if at not in filled}

    def _at(self, number: int) -> frozenset[int]:
        """Give the positions in the plan of a row's filled cells."""
        if not self._places:
            return _NOTHING
        while not self._has(number):
            row = next(self._rows, None)
            if row is None:
                return _NOTHING
            self._keep(row)
        return self._patterns[self._seen[number]]

    def _has(self, number: int) -> bool:
        return number < len(self._seen) and self._seen[number] > 0

    def _keep(self, row: Row) -> None:
        filled = frozenset(at for at, place in self._places if place < len(row.cells) and row.cells[place].strip())
        if filled not in self._numbers:
            self._numbers[filled] = len(self._patterns)
            self._patterns.append(filled)
        if row.number >= len(self._seen):
            self._seen.extend([0] * (row.number + 1 - len(self._seen)))
        self._seen[row.number] = self._numbers[filled]
