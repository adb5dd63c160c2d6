"""First pass over a sheet: how far its content reaches, before anything is written beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.intake.letters import column_index
from jobs.intake.ooxml.sheet_scan import SheetRow, SheetScanner
from outputs.xlsx.parts import Parts, local_name
from outputs.xlsx.sheet_cells import CellReader

_MERGE = re.compile(rb"""<(?:[\w.-]+:)?mergeCell\s[^>]*?ref\s*=\s*["']([^"']+)["']""")
_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)(?::\$?([A-Za-z]{1,3})\$?(\d+))?")
_ANCHORS = ("twoCellAnchor", "oneCellAnchor")
_OVERLAP_BYTES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the second pass must know from the start."""

    #: First column, from 0, right of all content.
    free_column: int
    #: Format of the last header cell, b"" for none.
    header_style: bytes
    #: Whether row numbers only grow, as they should.
    is_ordered: bool


def survey_sheet(scanner: SheetScanner, header_row: int, parts: Parts, sheet_part: str) -> Survey:
    """Find the first free column: right of filled cells, and of merges, tables and drawings beside the table's rows."""
    cells = CellReader(scanner.prefix)
    last_column, last_row, style, ordered = -1, 0, b"", True
    for row in scanner.rows():
        last_column = max(last_column, _last_filled(cells, row, last_column))
        if row.number == header_row:
            style = next((cell.style for cell in reversed(cells.cells(row.body)) if cell.is_filled), b"")
        ordered = ordered and row.number > last_row
        last_row = max(last_row, row.number)
    ranges = [*_merges(scanner.tail()), *_tables(parts, sheet_part), *_drawings(parts, sheet_part)]
    beside = [right for top, bottom, right in ranges if bottom >= header_row and top <= last_row]
    return Survey(free_column=max([last_column, *beside]) + 1, header_style=style, is_ordered=ordered)


def _last_filled(cells: CellReader, row: SheetRow, beyond: int) -> int:
    """Give the row's last filled column, or `beyond` when it is not further right."""
    last = cells.last_column(row.body)
    if last is not None and last <= beyond:
        return beyond
    return next((cell.column for cell in reversed(cells.cells(row.body)) if cell.is_filled), beyond)


def _merges(tail: Iterator[bytes]) -> Iterator[tuple[int, int, int]]:
    """Give the merged ranges: first row, last row, last column."""
    kept = b""
    for chunk in tail:
        text = kept + chunk
        end = 0
        for found in _MERGE.finditer(text):
            end = found.end()
            yield from _range(found[1].decode("latin-1"))
        kept = text[max(end, len(text) - _OVERLAP_BYTES) :]


def _tables(parts: Parts, sheet_part: str) -> Iterator[tuple[int, int, int]]:
    for name in parts.related(sheet_part, "table"):
        root = parts.xml(name)
        if root is not None:
            yield from _range(root.get("ref") or "")


def _drawings(parts: Parts, sheet_part: str) -> Iterator[tuple[int, int, int]]:
    """Give what charts and pictures cover; one without a lower corner counts as its first cell."""
    for name in parts.related(sheet_part, "drawing"):
        root = parts.xml(name)
        for anchor in root if root is not None else ():
            if local_name(anchor) not in _ANCHORS:
                continue
            corners = [_corner(child) for child in anchor if local_name(child) in {"from", "to"}]
            if corners:
                (top, _), (bottom, right) = corners[0], corners[-1]
                yield top + 1, bottom + 1, right


def _corner(element: object) -> tuple[int, int]:
    numbers = {local_name(child): child.text or "" for child in element}  # type: ignore[attr-defined]
    row, column = (numbers.get(name, "").strip() for name in ("row", "col"))
    return (int(row) if row.isdecimal() else 0, int(column) if column.isdecimal() else 0)


def _range(ref: str) -> Iterator[tuple[int, int, int]]:
    found = _RANGE.fullmatch(ref)
    if found:
        right = column_index(found[3] or found[1])
        if right is not None:
            yield int(found[2]), int(found[4] or found[2]), right
