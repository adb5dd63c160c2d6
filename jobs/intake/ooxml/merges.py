"""Merged cells of a worksheet; they stand behind its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from jobs.intake.letters import column_index
from jobs.intake.merged import Merge
from jobs.intake.ooxml.part_text import part_chunks

_MERGE = re.compile(
    rb"""<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*["']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})["']"""
)
#: No merge element is longer than this.
_OVERLAP_BYTES = 200
#: So many are enough: there are not as many about any header.
_MOST_MERGES = 10_000


def merges_above(file: IO[bytes], row: int) -> list[Merge]:
    """Find the merged ranges that begin in this row or above it."""
    found: list[Merge] = []
    for merge in _merges(part_chunks(file)[1]):
        if merge.top <= row:
            found.append(merge)
            if len(found) == _MOST_MERGES:
                break
    return found


def _merges(chunks: Iterator[bytes]) -> Iterator[Merge]:
    kept = b""
    for chunk in chunks:
        text = kept + chunk
        end = 0
        # Rows have none, and they are most of the sheet.
        for match in _MERGE.finditer(text) if b"mergeCell" in text else ():
            end = match.end()
            left, right = (column_index(letters.decode()) for letters in (match[1], match[3]))
            if left is not None and right is not None:
                yield Merge(int(match[2]), int(match[4]), left, right)
        kept = text[max(end, len(text) - _OVERLAP_BYTES) :]
