"""Rows that a note speaks of: the first few by number, the rest as a count."""

from __future__ import annotations

#: Row numbers that a note names before it counts the rest.
_NAMED = 5


class RowTally:
    """Counts rows in constant memory."""

    def __init__(self, noun: str = "Row") -> None:
        self._noun = noun
        self._first: list[int] = []
        self._last = 0
        self._count = 0

    def add(self, number: int) -> None:
        """Count a row; a row counted twice in a row is counted once."""
        if self._last == number:
            return
        self._last = number
        self._count += 1
        if self._count <= _NAMED:
            self._first.append(number)

    def __bool__(self) -> bool:
        return self._count > 0

    def __str__(self) -> str:
        """`Row 4 has`, `Rows 4, 7 have`, `Rows 4, 7, 9, 12, 15 and 3 more have`."""
        if self._count == 1:
            return f"{self._noun} {self._first[0]} has"
        more = f" and {self._count - _NAMED} more" if self._count > _NAMED else ""
        return f"{self._noun}s {', '.join(map(str, self._first))}{more} have"


class RaggedRows:
    """Counts the records that do not fit the header; no cell is shifted to make them fit."""

    def __init__(self, header: tuple[str, ...]) -> None:
        self._width = len(header)
        #: Without the empty cells that delimiters at the header's end leave.
        self._named = max((index + 1 for index, cell in enumerate(header) if cell.strip()), default=0)
        self._long = RowTally()
        self._padded = RowTally()
        self._short = RowTally()

    def see(self, number: int, cells: tuple[str, ...]) -> None:
        """Take a record into account."""
        if len(cells) > self._width:
            (self._long if any(map(str.strip, cells[self._width :])) else self._padded).add(number)
        elif len(cells) < self._named:
            self._short.add(number)

    def notes(self) -> tuple[str, ...]:
        """Say which records do not fit."""
        notes = []
        if self._long:
            notes.append(
                f"{self._long} more cells than the header has ({self._width}); "
                "a cell with the delimiter in it may lack its quotation marks."
            )
        if self._padded:
            notes.append(f"{self._padded} more cells than the header has ({self._width}), all of them empty.")
        if self._short:
            notes.append(
                f"{self._short} fewer cells than the header has ({self._named}); the missing ones count as empty."
            )
        return tuple(notes)
