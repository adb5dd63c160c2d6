"""Merged cells above the products: a header that spans columns names them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.sheet import Row

#: Merged ranges fill no more cells than this among the first rows of a sheet.
_MOST_CELLS = 100_000


class Merge(NamedTuple):
    """A range of cells that is shown as one, all bounds included."""

    #: Sheet row numbers, from 1.
    top: int
    bottom: int
    #: From 0.
    left: int
    right: int


def spread(rows: Sequence[Row], merges: Iterable[Merge]) -> list[Row]:
    """Give the text of a merged range to all its cells that have none of their own; rows without any text stay out."""
    found = {row.number: list(row.cells) for row in rows}
    left = _MOST_CELLS
    for merge in merges:
        texts = found.get(merge.top, [])
        text = texts[merge.left] if merge.left < len(texts) else ""
        if not text.strip():
            continue
        covered = [cells for number, cells in found.items() if merge.top <= number <= merge.bottom]
        left -= len(covered) * (merge.right - merge.left + 1)
        if left < 0:
            break
        for cells in covered:
            cells.extend([""] * (merge.right + 1 - len(cells)))
            for column in range(merge.left, merge.right + 1):
                cells[column] = cells[column] or text
    return [Row(row.number, tuple(found[row.number])) for row in rows]
