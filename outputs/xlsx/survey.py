"""First pass over a sheet: how far its content reaches, before anything is written beside it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from jobs.intake.ooxml.sheet_scan import SheetRow, SheetScanner
from outputs.xlsx.objects import objects_on
from outputs.xlsx.parts import Parts
from outputs.xlsx.ranges import regions_of
from outputs.xlsx.regions import Region, Regions
from outputs.xlsx.sheet_cells import CellReader
from outputs.xlsx.sheet_tail import SheetTail, read_tail
from outputs.xlsx.styles import header_style

#: A formula of many cells: an array, or a table of what-if results.
_WIDE_FORMULA = re.compile(rb"""<(?:[\w.-]+:)?f\s[^>]*?t\s*=\s*["'](?:array|dataTable)["'][^>]*>""")
_REF = re.compile(rb"""\sref\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the second pass must know from the start."""

    #: First column, from 0, right of all content.
    free_column: int
    #: Format of new headers, b"" for none.
    header_style: bytes
    #: Whether row numbers only grow, as they should.
    is_ordered: bool
    #: Merged ranges, and ranges that one formula fills; in the columns asked for.
    merged: Regions
    computed: Regions


def survey_sheet(
    scanner: SheetScanner, header_row: int, parts: Parts, sheet_part: str, filled: Collection[int]
) -> Survey:
    """Find the first free column: right of filled cells, and of merges, tables and pictures beside the table's rows.

    `filled`: columns of the user's that are to be filled in place.
    """
    rows = _Rows(CellReader(scanner.prefix), header_row)
    for row in scanner.rows():
        rows.see(row)
    tail = read_tail(scanner.tail())
    free = max(rows.last_column, _last_beside(tail, rows, parts, sheet_part)) + 1
    return Survey(
        free_column=free,
        header_style=header_style(rows.header_styles),
        is_ordered=rows.is_ordered,
        merged=Regions(tail.merged, filled, but_first=True),
        computed=Regions(rows.computed, filled),
    )


class _Rows:
    """What the rows tell."""

    def __init__(self, cells: CellReader, header_row: int) -> None:
        self._cells = cells
        self.header_row = header_row
        self.last_column = -1
        self.last_row = 0
        self.is_ordered = True
        self.header_styles: list[bytes] = []
        self.computed: list[Region] = []

    def see(self, row: SheetRow) -> None:
        """Take in the next row."""
        body = row.body
        last = self._cells.last_column(body)
        if last is None or last > self.last_column:
            filled = (cell.column for cell in reversed(self._cells.cells(body)) if cell.is_filled)
            self.last_column = max(self.last_column, next(filled, -1))
        if row.number == self.header_row:
            self.header_styles = [cell.style for cell in self._cells.cells(body) if cell.is_filled]
        if b"ref" in body:
            for formula in _WIDE_FORMULA.findall(body):
                self.computed += regions_of(_REF.findall(formula))
        self.is_ordered = self.is_ordered and row.number > self.last_row
        self.last_row = max(self.last_row, row.number)


def _last_beside(tail: SheetTail, rows: _Rows, parts: Parts, sheet_part: str) -> int:
    """Give the last column of what stands beside the table's rows without being in cells of its own."""
    regions = [*tail.merged, *tail.sparklines, *rows.computed, *objects_on(parts, sheet_part)]
    beside = (region.right for region in regions if region.bottom >= rows.header_row and region.top <= rows.last_row)
    return max(beside, default=-1)
