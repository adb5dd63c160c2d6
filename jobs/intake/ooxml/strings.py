"""The shared strings of a workbook, kept as one block of bytes."""

from __future__ import annotations

import re
from array import array
from typing import IO

from lxml import etree

from jobs.intake.ooxml.elements import streamed

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class SharedStrings:
    """Texts by number: their UTF-8 bytes one after the other, and where each ends.

    A Python string each would take three times the memory on short texts.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        """Add the next text."""
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        ends = self._ends
        if not 0 <= number < len(ends) - 1:
            raise IndexError(f"there is no shared string {number}")
        return self._bytes[ends[number] : ends[number + 1]].decode()


def read_strings(file: IO[bytes]) -> SharedStrings:
    """Read the shared strings part, item by item."""
    strings = SharedStrings()
    for item in streamed(file, "{*}si"):
        text = item[0] if len(item) == 1 else None
        if text is not None and str(text.tag).endswith("}t"):
            strings.append(unescaped(text.text or ""))
        else:
            strings.append(plain_text(item))
    return strings


def plain_text(item: etree._Element) -> str:
    """Join the runs of a rich text; phonetic readings are left out."""
    texts: list[str] = []
    for child in item:
        tag = str(child.tag)
        if tag.endswith("}t"):
            texts.append(child.text or "")
        elif tag.endswith("}r"):
            texts.extend(part.text or "" for part in child if str(part.tag).endswith("}t"))
    return unescaped("".join(texts))


def unescaped(text: str) -> str:
    """Decode `_x000D_`: how workbooks write characters that XML cannot carry."""
    if "_x" not in text:
        return text
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
