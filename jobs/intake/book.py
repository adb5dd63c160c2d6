"""A binary workbook (.xls, .xlsb) with its cells typed, as reading and write-back both need it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from jobs.intake.merged import Merge
from jobs.intake.numbers.number_text import BUILTIN_FORMATS

#: What a cell holds: text (an error value too), a number that is finite, or a truth value.
Value = str | float | bool
#: How a number is shown: a format code, or the number of one that every spreadsheet program knows.
NumberFormat = str | int

GENERAL: NumberFormat = "General"
#: Fractions and text, which show a number as it is.
_AS_IT_IS = {12, 13, 49}


def number_format(number: int, codes: Mapping[int, str]) -> NumberFormat:
    """Give a format by its number: the file's own code of that number, else the one that all programs know."""
    code = codes.get(number, "")
    if code:
        return GENERAL if code.casefold() == "general" else code
    return number if number in BUILTIN_FORMATS or number in _AS_IT_IS else GENERAL


class Cell(NamedTuple):
    """A cell that holds something."""

    #: From 0.
    column: int
    value: Value
    format: NumberFormat


class BookRow(NamedTuple):
    """A row with its sheet row number, from 1, and its cells from left to right, one at least."""

    number: int
    cells: Sequence[Cell]


class Visibility(IntEnum):
    """Whether a person sees a sheet's tab, by the numbers that both formats write."""

    VISIBLE = 0
    HIDDEN = 1
    #: To be made visible by a macro only.
    VERY_HIDDEN = 2

    @classmethod
    def read(cls, number: int) -> Visibility:
        """Take the lowest two bits, in which the formats keep it."""
        return cls(min(number & 3, cls.VERY_HIDDEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTab:
    """A worksheet of a workbook."""

    #: Position among the workbook's worksheets, from 0.
    index: int
    name: str
    visibility: Visibility
    #: Name of its part in a package, "" in a file without parts.
    part: str = ""

    @property
    def visible(self) -> bool:
        """Whether a person sees it."""
        return self.visibility is Visibility.VISIBLE


class ColumnWidth(NamedTuple):
    """How wide some columns that lie side by side are."""

    #: Columns from 0, both included.
    first: int
    last: int
    #: In characters.
    width: float
    is_hidden: bool


class Book(Protocol):
    """An opened workbook."""

    @property
    def tabs(self) -> Sequence[BookTab]:
        """Its worksheets in their order."""

    @property
    def dates_from_1904(self) -> bool:
        """Whether day 0 is the first of January 1904."""

    @property
    def notes(self) -> Sequence[str]:
        """What the user should know about how it was read."""

    def rows(self, tab: BookTab) -> Generator[BookRow]:
        """Stream a sheet's rows that hold something; row numbers grow."""

    def widths(self, tab: BookTab) -> Sequence[ColumnWidth]:
        """Give the column widths that are told; they do not overlap."""


class MergingBook(Book, Protocol):
    """An opened workbook whose cells may be merged."""

    def merges(self, tab: BookTab) -> Sequence[Merge]:
        """Give the merged ranges of a sheet."""


#: Opens a workbook for as long as the block lasts.
OpenBook = Callable[[Path], AbstractContextManager[Book]]
