"""The part of a sheet behind its rows: what of it lies in cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from outputs.xlsx.ranges import regions_of
from outputs.xlsx.regions import Region

_TOLD = re.compile(
    rb"""<(?:[\w.-]+:)?(?:mergeCell\s[^>]*?ref\s*=\s*["'](?P<merge>[^"']+)["']"""
    rb"""|sparkline>\s*(?:<[\w.:-]+>[^<]*</[\w.:-]+>\s*)?<(?:[\w.-]+:)?sqref>(?P<sparkline>[^<]+)<)"""
)
#: What is told in one place is shorter than this.
_OVERLAP_BYTES = 4096


class SheetTail(NamedTuple):
    """What was found behind the rows."""

    merged: list[Region]
    sparklines: list[Region]


def read_tail(chunks: Iterator[bytes]) -> SheetTail:
    """Read all that stands behind the rows, a chunk at a time."""
    tail = SheetTail([], [])
    kept = b""
    for chunk in chunks:
        text = kept + chunk
        end = 0
        for found in _TOLD.finditer(text):
            end = found.end()
            tail.merged.extend(regions_of([found["merge"] or b""]))
            tail.sparklines.extend(regions_of([found["sparkline"] or b""]))
        kept = text[max(end, len(text) - _OVERLAP_BYTES) :]
    return tail
