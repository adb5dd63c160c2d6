"""What lies on a sheet without being in its cells: tables, pivot tables, charts and pictures."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from outputs.xlsx.parts import Parts, local_name
from outputs.xlsx.ranges import regions_of
from outputs.xlsx.regions import Region

_ANCHORS = ("twoCellAnchor", "oneCellAnchor")
#: A column of the usual width, in English metric units: 64 pixels at 96 to the inch.
_COLUMN_EMU = 64 * 9525
_MOST_DIGITS = 10


def objects_on(parts: Parts, sheet_part: str) -> Iterator[Region]:
    """Give the cells that a sheet's tables and pivot tables are in, and those under its charts and pictures."""
    yield from _refs(parts, sheet_part, "table", "table")
    yield from _refs(parts, sheet_part, "pivotTable", "location")
    yield from _anchored(parts, sheet_part)


def _refs(parts: Parts, sheet_part: str, kind: str, element: str) -> Iterator[Region]:
    for name in parts.related(sheet_part, kind):
        root = parts.xml(name)
        if root is not None:
            yield from regions_of(each.get("ref") or "" for each in root.iter(f"{{*}}{element}"))


def _anchored(parts: Parts, sheet_part: str) -> Iterator[Region]:
    for name in parts.related(sheet_part, "drawing"):
        root = parts.xml(name)
        for anchor in root.iter(*(f"{{*}}{each}" for each in _ANCHORS)) if root is not None else ():
            corners = [_corner(child) for child in anchor if local_name(child) in {"from", "to"}]
            if corners:
                (top, left), (bottom, right) = corners[0], corners[-1]
                yield Region(top=top + 1, left=left, bottom=bottom + 1, right=right + _wide(anchor))


def _wide(anchor: etree._Element) -> int:
    """Give how many columns of the usual width an object needs that tells its size and no lower corner."""
    sizes = (child.get("cx") or "" for child in anchor if local_name(child) == "ext")
    return -(-_number(next(sizes, "")) // _COLUMN_EMU)


def _corner(element: etree._Element) -> tuple[int, int]:
    numbers = {local_name(child): _number(child.text or "") for child in element}
    return numbers.get("row", 0), numbers.get("col", 0)


def _number(told: str) -> int:
    digits = told.strip()
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else 0
