"""The part of a sheet before its rows: its dimension and its column widths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jobs.intake.letters import column_index, column_letter
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.places import Place

_DIMENSION = re.compile(rb"""<(?:[\w.-]+:)?dimension\s[^>]*?ref\s*=\s*["']([A-Za-z]+\d+)(?::([A-Za-z]+)(\d+))?["']""")
_COLS = re.compile(rb"<(?:[\w.-]+:)?cols(?=[\s/>])[^>]*>")
_COL = re.compile(rb"<(?:[\w.-]+:)?col\s[^>]*>")
_STYLE = re.compile(rb"""\sstyle\s*=\s*["']\d+["']""")
_FIXED_ROWS = re.compile(rb"""<(?:[\w.-]+:)?sheetFormatPr\s[^>]*?customHeight\s*=\s*["'](?:1|true)["']""")
_BOUND = re.compile(rb"""(\s(min|max)\s*=\s*["'])\s*(\d+)""")


def patched_head(head: bytes, prefix: bytes, new: Sequence[Place]) -> bytes:
    """Widen the dimension and give the new columns, one beside the other, their widths."""
    if not new:
        return head
    return _with_widths(_with_dimension(head, new[-1].column), prefix, new[0].column, [place.width for place in new])


def has_fixed_rows(head: bytes) -> bool:
    """Tell whether the user gave all rows one height, whatever is in them."""
    return _FIXED_ROWS.search(shadow(head)) is not None


def _with_dimension(head: bytes, last: int) -> bytes:
    found = _DIMENSION.search(shadow(head))
    if found is None:
        return head
    start, right, bottom = found[1], found[2], found[3]
    single = start.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    reach = column_index((right or start[: -len(single)]).decode())
    if reach is not None and reach >= last:
        return head
    ref = b"%b:%b%b" % (start, column_letter(last).encode(), bottom or single)
    return head[: found.start(1)] + ref + head[found.end(3) if right else found.end(1) :]


def _with_widths(head: bytes, prefix: bytes, first: int, widths: Sequence[float]) -> bytes:
    seen = shadow(head)
    cols = _COLS.search(seen)
    given = _COL.findall(seen, cols.end()) if cols else []
    ours = b"".join(
        b'<%bcol min="%d" max="%d" width="%.7g"%b customWidth="1"/>'
        % (prefix, column + 1, column + 1, width, _style(given, column))
        for column, width in enumerate(widths, first)
    )
    if cols is None:
        rows = seen.rfind(b"<%bsheetData" % prefix)
        return b"%b<%bcols>%b</%bcols>%b" % (head[:rows], prefix, ours, prefix, head[rows:])
    if cols[0].endswith(b"/>"):
        return b"%b<%bcols>%b</%bcols>%b" % (head[: cols.start()], prefix, ours, prefix, head[cols.end() :])
    pieces, at, placed = [], 0, False
    for col in _COL.finditer(seen, cols.end()):
        low, high = _bounds(col[0])
        pieces.append(head[at : col.start()])
        at = col.end()
        if low <= first:
            pieces.append(_clipped(col[0], low, min(high, first)))
        if high > first and not placed:
            pieces.append(ours)
            placed = True
        if high > first + len(widths):
            pieces.append(_clipped(col[0], max(low, first + len(widths) + 1), high))
    if not placed:
        pieces.append(ours)
    return b"".join([*pieces, head[at:]]) if at else head[: cols.end()] + ours + head[cols.end() :]


def _style(given: Sequence[bytes], column: int) -> bytes:
    """Give the format that the user gave to a column as a whole, for the cells of it that are not there."""
    for col in given:
        low, high = _bounds(col)
        style = _STYLE.search(col) if low <= column + 1 <= high else None
        if style:
            return style[0]
    return b""


def _bounds(col: bytes) -> tuple[int, int]:
    found = {name: int(number) for _, name, number in _BOUND.findall(col)}
    low = found.get(b"min", 1)
    return low, found.get(b"max", low)


def _clipped(col: bytes, low: int, high: int) -> bytes:
    """Give a col element for a part of its columns; the same bytes when it is all of them."""
    if (low, high) == _bounds(col):
        return col
    return _BOUND.sub(lambda bound: b"%b%d" % (bound[1], low if bound[2] == b"min" else high), col)
