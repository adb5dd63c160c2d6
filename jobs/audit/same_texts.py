"""Which texts stand with several products, of a column of any length."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby


class SameTexts:
    """Counts distinct texts by digests: twelve bytes for each row, whatever the texts' lengths.

    Two texts that differ have the same digest of 64 bits once in ten billion sheets of 60,000 texts.
    """

    def __init__(self) -> None:
        self._digests = array("Q")
        self._rows = array("I")

    def add(self, text: str, row: int) -> None:
        """Take a text in; case and white space make no difference."""
        likeness = " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
        self._digests.append(int.from_bytes(blake2b(likeness, digest_size=8).digest(), "big"))
        self._rows.append(row)

    def distinct(self) -> int:
        """Count the texts that differ."""
        return sum(1 for _ in groupby(sorted(self._digests)))

    def repeated(self, most: int) -> Iterator[tuple[int, int, int]]:
        """Give the texts that stand most often: the first two rows, and how many there are; in the order of rows."""
        counts = ((sum(1 for _ in group), digest) for digest, group in groupby(sorted(self._digests)))
        often = {digest: count for count, digest in heapq.nlargest(most, (each for each in counts if each[0] > 1))}
        first: dict[int, int] = {}
        found = []
        for digest, row in zip(self._digests, self._rows, strict=True):
            if digest not in often:
                continue
            if digest in first:
                found.append((first[digest], row, often.pop(digest)))
            else:
                first[digest] = row
        yield from sorted(found)
