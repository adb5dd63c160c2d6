"""`--rows 4-50`: the sheet rows that a job is limited to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from templates.errors import UserError

_PART = re.compile(r"\s*(\d{1,7})\s*(?:[-–:]\s*(\d{1,7})\s*)?")


@dataclass(frozen=True, slots=True)
class RowRange:
    """Sheet row numbers, as the spreadsheet program shows them."""

    #: First and last row of each part, both included.
    parts: tuple[tuple[int, int], ...]

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.parts)

    @property
    def last(self) -> int:
        """The highest row number of all."""
        return max(last for _, last in self.parts)


def parse_rows(text: str) -> RowRange:
    """Read `4-50`, `5` or `5-9,12`.

    Raises: UserError (rows) for anything else.
    """
    parts = []
    for piece in text.split(","):
        match = _PART.fullmatch(piece)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise UserError(
                f'--rows "{text}": "{piece.strip()}" is not a row number or a range of row numbers.',
                fix="Give sheet row numbers such as 5, 4-50 or 5-9,12; the first number of a range is the lower one.",
                code="rows",
            )
        parts.append((first, last))
    return RowRange(tuple(parts))
