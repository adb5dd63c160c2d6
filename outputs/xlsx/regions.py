"""Cells of the user's that show what another cell holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Region(NamedTuple):
    """A rectangle of cells: rows from 1, columns from 0, both ends in it."""

    top: int
    left: int
    bottom: int
    right: int


class Regions:
    """Rectangles that do not overlap, asked for in a few columns only; a sheet may have 50,000 of them."""

    def __init__(self, regions: Iterable[Region], columns: Iterable[int], *, but_first: bool = False) -> None:
        """`but_first`: the first cell of each is not in it, as a merged range shows that cell."""
        self._by_column: dict[int, list[tuple[int, int]]] = {column: [] for column in columns}
        for region in regions:
            for column, rows in self._by_column.items():
                if region.left <= column <= region.right:
                    top = region.top + (but_first and column == region.left)
                    rows.append((top, region.bottom))
        for rows in self._by_column.values():
            rows.sort()

    def covers(self, row: int, column: int) -> bool:
        """Tell whether a cell is in one of them."""
        rows = self._by_column.get(column)
        if not rows:
            return False
        place = bisect_right(rows, (row, 1 << 30)) - 1
        return place >= 0 and row <= rows[place][1]
