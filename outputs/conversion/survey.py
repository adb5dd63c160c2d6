"""First pass over a binary workbook: what must be known before its .xlsx is begun."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from jobs.intake.book import GENERAL, Book, BookTab, NumberFormat
from jobs.intake.numbers.number_text import BUILTIN_FORMATS

#: A cell takes about so many bytes of XML besides its text.
_CELL_BYTES = 64
#: A cell of ours, copy and all.
_COPY_BYTES = 1000
#: Only East Asian editions know these by their number; others would show a date as a number. Source: ECMA-376 18.8.30.
_EAST_ASIAN = frozenset({*range(27, 37), *range(50, 59)})
#: A longer format code is refused by spreadsheet programs.
_LONGEST_CODE = 255


class Look(StrEnum):
    """How a cell looks besides its number format."""

    PLAIN = "plain"
    #: A header.
    BOLD = "bold"
    #: Long copy.
    WRAPPED = "wrapped"


class Style(NamedTuple):
    """A cell format of the new workbook."""

    format: NumberFormat
    look: Look


@dataclass(slots=True, kw_only=True)
class TabSurvey:
    """How far a sheet reaches."""

    last_row: int = 0
    #: From 0; -1 when the sheet is empty.
    last_column: int = -1
    #: What it will take as XML, roughly.
    xml_bytes: int = 0

    def add(self, last_column: int, *, cells_a_row: int) -> None:
        """Reach as far as columns of ours do."""
        self.last_column = max(self.last_column, last_column)
        self.xml_bytes += self.last_row * cells_a_row * _COPY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSurvey:
    """What a workbook holds."""

    tabs: Sequence[TabSurvey]
    #: Every cell format that the new workbook needs, once.
    styles: Collection[Style]


def writable(code: NumberFormat) -> NumberFormat:
    """Give a number format as the new workbook may have it."""
    if isinstance(code, int):
        return BUILTIN_FORMATS[code] if code in _EAST_ASIAN else code
    return code if len(code) <= _LONGEST_CODE and code.isprintable() else GENERAL


def survey_book(book: Book, table: BookTab, header_row: int) -> BookSurvey:
    """Look through all sheets."""
    needed: dict[Look, dict[NumberFormat, None]] = {look: {GENERAL: None} for look in Look}
    tabs = []
    for tab in book.tabs:
        found = TabSurvey()
        for row in book.rows(tab):
            found.last_row = row.number
            found.last_column = max(found.last_column, row.cells[-1].column)
            needs = needed[Look.BOLD if tab is table and row.number == header_row else Look.PLAIN]
            for _, value, format_ in row.cells:
                found.xml_bytes += _CELL_BYTES + (len(value) if isinstance(value, str) else 0)
                if format_ not in needs:
                    needs[format_] = None
        tabs.append(found)
    styles = {Style(writable(format_), look): None for look, formats in needed.items() for format_ in formats}
    return BookSurvey(tabs=tabs, styles=styles)
