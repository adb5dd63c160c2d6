"""The shared strings of a binary workbook, kept as the bytes that the file has."""

from __future__ import annotations

from array import array
from typing import IO

from jobs.intake.biff12.records import Kind, records, wide_bytes


class SharedTexts:
    """Texts by number: their UTF-16 one after the other, and where each ends; decoded when a cell asks."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: bytes) -> None:
        """Add the next text, in UTF-16."""
        self._bytes += text
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        ends = self._ends
        if number >= len(ends) - 1:
            raise IndexError(f"there is no shared string {number}")
        return self._bytes[ends[number] : ends[number + 1]].decode("utf-16-le", "replace")


def read_shared_texts(file: IO[bytes]) -> SharedTexts:
    """Read the shared strings part; of a rich text its text. Source: [MS-XLSB] 2.4.798 and 2.5.121."""
    texts = SharedTexts()
    for kind, data in records(file):
        if kind == Kind.SHARED_STRING:
            texts.append(wide_bytes(data, 1)[0])
    return texts
