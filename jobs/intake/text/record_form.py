"""How a delimited file writes its records."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.sheet import SheetInfo

_TOLD = re.compile(r'"?sep=(.)"?\1*', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """How a file writes its records."""

    delimiter: str
    #: A quotation mark within quotes has a backslash before it, as databases and PHP write it.
    backslash: bool = False
    #: Spaces may stand before the opening quote.
    spaced: bool = False
    #: Fields of most records; 0 when there is no telling. A quote that is never closed is found by it.
    width: int = 0

    @property
    def quoting(self) -> str:
        """What is unusual about its quotes, as `SheetInfo` has it."""
        return " ".join(["backslash"] * self.backslash + ["spaced"] * self.spaced)


def record_form(info: SheetInfo) -> RecordForm:
    """Give the form that was found when the source was opened."""
    return RecordForm(
        delimiter=info.delimiter,
        backslash="backslash" in info.quoting,
        spaced="spaced" in info.quoting,
        width=info.record_width,
    )


def told_delimiter(record: str) -> str:
    """Read the line `sep=;` that spreadsheet programs put first, "" when it is none."""
    found = _TOLD.fullmatch(record)
    return found.group(1) if found else ""
