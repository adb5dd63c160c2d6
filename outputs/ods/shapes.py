"""Shapes that float over a table, by the columns that they lie on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.ods.markup import ATTRIBUTES, Markup
from outputs.ods.table_columns import column_runs

_CM = {b"cm": 1.0, b"mm": 0.1, b"in": 2.54, b"pt": 2.54 / 72, b"pc": 2.54 / 6, b"px": 2.54 / 96}
_LENGTH = re.compile(rb"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc|px)")
_MEASURE = rb"""\s[\w.-]*:?%b\s*=\s*["']([^"']*)["']"""
_X, _Y, _WIDTH, _HEIGHT, _COLUMN_WIDTH = (
    re.compile(_MEASURE % name) for name in (b"x", b"y", b"width", b"height", b"column-width")
)
_TAG = re.compile(rb"<[\w.-]+:[\w.-]+(?=[\s/>])(%b)>" % ATTRIBUTES)
#: What spreadsheet programs take where the file does not tell.
_USUAL_WIDTH_CM = 2.258
_USUAL_HEIGHT_CM = 0.452
#: A shape that ends where a column begins does not lie on it.
_EDGE_CM = 0.01


def floating_shapes(opening: bytes, head: bytes, markup: Markup) -> Iterator[tuple[int, int, int]]:
    """Give what the shapes of a table lie on that no cell holds: first row, last row, last column.

    Rows are counted by the usual height, which is near enough to tell a logo above the table from a chart beside it.
    """
    shapes = re.search(
        rb"%b.*%b" % (markup.start_tag("table", b"shapes"), markup.end_tag("table", b"shapes")),
        shadow(opening),
        re.DOTALL,
    )
    if shapes is None:
        return
    widths = _column_widths(opening, head, markup)
    for tag in _TAG.finditer(shapes[0]):
        x, y, width, height = (_cm(pattern.search(tag[1])) for pattern in (_X, _Y, _WIDTH, _HEIGHT))
        if x is None or width is None:
            continue
        top, bottom = (y or 0.0), (y or 0.0) + (height or 0.0)
        yield (
            int(top / _USUAL_HEIGHT_CM) + 1,
            int(bottom / _USUAL_HEIGHT_CM) + 1,
            _column_at(x + width - _EDGE_CM, widths),
        )


def _column_widths(opening: bytes, head: bytes, markup: Markup) -> list[tuple[int, float]]:
    """Give the widths of the table's columns, as runs."""
    style = re.compile(
        rb"%b(.*?)%b" % (markup.start_tag("style", b"style"), markup.end_tag("style", b"style")), re.DOTALL
    )
    named: dict[bytes | None, float] = {}
    for found in style.finditer(shadow(head)):
        width = _cm(_COLUMN_WIDTH.search(found[2]))
        if width is not None:
            named[markup.value(found[1], "style:name")] = width
    return [
        (run.times, named.get(markup.value(run.attributes, "table:style-name"), _USUAL_WIDTH_CM))
        for run in column_runs(opening, markup)
    ]


def _column_at(place_cm: float, widths: list[tuple[int, float]]) -> int:
    """Give the column that a place lies in."""
    first = 0
    for count, width in [*widths, (MOST_COLUMNS, _USUAL_WIDTH_CM)]:
        columns = int(place_cm / width) if width > 0 else count
        if columns < count:
            return min(first + columns, MOST_COLUMNS - 1)
        first += count
        place_cm -= count * width
    return MOST_COLUMNS - 1


def _cm(found: re.Match[bytes] | None) -> float | None:
    length = _LENGTH.fullmatch(found[1].strip()) if found else None
    return float(length[1]) * _CM[length[2]] if length else None
