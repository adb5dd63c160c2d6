"""The shared strings of a workbook."""

from __future__ import annotations

from collections.abc import Iterable


class SharedStrings:
    """Texts by number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def extend(self, texts: Iterable[str]) -> None:
        """Add the next texts."""
        self._texts.extend(texts)

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, raw: str) -> str:
        """Give the text of a cell that holds this number.

        Raises: LookupError or ValueError when there is no such text.
        """
        number = int(raw)
        if number < 0:
            raise IndexError(f"there is no shared string {number}")
        return self._texts[number]
