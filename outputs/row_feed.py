"""Rows of cells handed out in step with the user's file."""

from __future__ import annotations

from collections.abc import Iterator

from outputs.rows import Cells
from outputs.source_file import missing_row


class RowFeed:
    """Gives the cells of a row when the file comes to it; holds one row, or all for a file out of order."""

    def __init__(self, rows: Iterator[tuple[int, Cells]], *, is_ordered: bool = True) -> None:
        self._rows = rows
        self._kept: dict[int, Cells] = {} if is_ordered else dict(rows)
        self._next, self._cells = next(rows, (0, {}))

    def take(self, number: int) -> Cells | None:
        """Give a row's cells once, None for a row without cells of ours."""
        if number != self._next:
            return self._kept.pop(number, None) if self._kept else None
        cells = self._cells
        self._next, self._cells = next(self._rows, (0, {}))
        return cells

    def close(self) -> None:
        """End of the file.

        Raises:
            UserError: a row with cells of ours did not come.
        """
        left = self._next or next(iter(self._kept), 0)
        if left:
            raise missing_row(left)
