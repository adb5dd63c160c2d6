"""First pass over a table: how far its content reaches, before anything is written beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from jobs.intake.letters import column_index
from outputs.ods.content_scan import ContentScanner, TableRow
from outputs.ods.markup import Markup
from outputs.ods.row_cells import Cell, CellReader, Spot
from outputs.ods.shapes import floating_shapes
from outputs.ods.table_columns import column_runs

#: First sheet row, last one and last column, from 0, of something that nothing may be written into.
Range = tuple[int, int, int]

_END_CELL = re.compile(rb"""end-cell-address\s*=\s*["'][^"']*?\$?([A-Za-z]{1,3})\$?(\d{1,7})["']""")
#: A comment has a place of its own as well, but lies on nothing.
_SHAPE = re.compile(rb"<(?![\w.-]*:?annotation)[\w.-]+:[\w.-]+\s[^>]*(?:svg:(?:x|width)|end-cell-address)[^>]*>")
_ADDRESS = re.compile(r"\$?(.*)\.\$?[A-Z]{1,3}\$?(\d{1,7}):(?:.*\.)?\$?([A-Z]{1,3})\$?(\d{1,7})")
_OVERLAP_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the second pass must know from the start."""

    #: First column, from 0, right of all content.
    free_column: int
    #: Style of the last header cell, b"" for none.
    header_style: bytes
    #: Styles that rows have below the header, or that their columns give them.
    row_styles: frozenset[bytes]
    #: The style that each column gives to cells without one.
    column_styles: tuple[bytes, ...] = field(default=())


def survey_table(scanner: ContentScanner, title: str, header_row: int) -> Survey:
    """Find the first free column: right of filled cells, and of merges, shapes and ranges beside the table's rows."""
    for _ in scanner.above(title):
        pass
    opening = scanner.opening()
    reader = CellReader(scanner.markup)
    defaults = default_styles(opening, scanner.markup)
    last_column, last_row, style = -1, 0, b""
    styles = set(defaults)
    ranges: list[Range] = list(floating_shapes(opening, scanner.head, scanner.markup))
    spots: tuple[Spot, ...] = ()
    for row in scanner.rows():
        above, spots = spots, reader.spots(row.body)
        last = next((spot for spot in reversed(spots) if spot.is_filled), None)
        if last:
            last_column = max(last_column, last.right)
            last_row = row.number + row.times - 1
        if last and row.number <= header_row < row.number + row.times:
            style = effective_style(last, row.attributes, defaults, scanner.markup)
        if row.number + row.times - 1 > header_row and spots is not above:
            styles.update(spot.traits.style for spot in spots if spot.is_filled)
        ranges += _covered(row, spots)
        if b"svg:" in row.body or b"end-cell-address" in row.body:
            ranges += _shapes(row, reader.cells(row.body))
    ranges += _database_ranges(scanner.tail(), title, scanner.markup)
    beside = [right for top, bottom, right in ranges if bottom >= header_row and top <= last_row]
    return Survey(
        free_column=max([last_column, *beside]) + 1,
        header_style=style,
        row_styles=frozenset(styles),
        column_styles=defaults,
    )


def default_styles(opening: bytes, markup: Markup) -> tuple[bytes, ...]:
    """Give the style that each column gives to cells without one, without those that the last one repeats."""
    styles: list[bytes] = []
    for run in column_runs(opening, markup):
        style = markup.value(run.attributes, "table:default-cell-style-name") or b""
        styles += [style] * run.times
    return tuple(styles)


def effective_style(spot: Spot, row_attributes: bytes, defaults: tuple[bytes, ...], markup: Markup) -> bytes:
    """Give the style that a cell is shown in."""
    if spot.traits.style:
        return spot.traits.style
    of_row = markup.value(row_attributes, "table:default-cell-style-name")
    return of_row or (defaults[spot.column] if spot.column < len(defaults) else b"")


def _covered(row: TableRow, spots: tuple[Spot, ...]) -> Iterator[Range]:
    """Give what the row's cells merge."""
    for spot in spots:
        if spot.traits.span != (1, 1):
            columns, rows = spot.traits.span
            yield row.number, row.number + rows - 1, spot.column + columns - 1


def _shapes(row: TableRow, cells: list[Cell]) -> Iterator[Range]:
    """Give what the pictures, charts and controls in the row's cells lie on."""
    for cell in cells:
        for found in _SHAPE.finditer(cell.inner):
            yield row.number, row.number, cell.spot.column
            end = _END_CELL.search(found[0])
            right = column_index(end[1].decode()) if end else None
            if end and right is not None:
                yield row.number, int(end[2]), right


def _database_ranges(tail: Iterator[bytes], title: str, markup: Markup) -> Iterator[Range]:
    pattern = re.compile(markup.start_tag("table", b"database-range"))
    kept = b""
    for chunk in tail:
        text = kept + chunk
        end = 0
        for found in pattern.finditer(text):
            end = found.end()
            told = markup.value(found[1], "table:target-range-address") or b""
            address = _ADDRESS.fullmatch(unescape(told.decode("utf-8", "replace")))
            right = column_index(address[3]) if address else None
            if address and right is not None and address[1].strip("'").replace("''", "'") == title:
                yield int(address[2]), int(address[4]), right
        kept = text[max(end, len(text) - _OVERLAP_BYTES) :]
