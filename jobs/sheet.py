"""The user's table as intake sees it: columns, rows of text, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple, Protocol

#: Between the values that the rows of one product have in a varying variable.
JOINT = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the sheet."""

    #: Position from 0 in the sheet: column A is 0.
    index: int
    #: Header as shown and matched: trimmed, one line, made distinct (`Title`, `Title (2)`), `Column F` when empty.
    header: str
    #: Header cell as it stands in the file.
    raw: str


class Row(NamedTuple):
    """One line of the sheet with its sheet row number; the cells stand in the order of the sheet's columns."""

    #: As the spreadsheet program numbers it, from 1.
    number: int
    #: Text that a person sees, by column index from 0; shorter than the sheet's width when the rest is empty.
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a person told about a source; what is left out is found."""

    #: Name on the sheet's tab.
    sheet: str | None = None
    #: Sheet row number of the header.
    header_row: int | None = None
    #: Encoding of delimited text, by a name that Python's codecs know.
    encoding: str | None = None
    #: Of an encrypted workbook.
    password: str | None = field(default=None, repr=False)


#: Nothing was told.
AS_FOUND = ReadOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetInfo:
    """What intake found out about a source before it reads the products."""

    path: Path
    #: `xlsx`, `xls`, `xlsb`, `ods`, `csv`, `tsv`, `parquet` or `feed`.
    format: str
    #: Name of the file within a zip archive, "" for a source that is none.
    member: str = ""
    #: Protected by a password, and comes back so.
    is_encrypted: bool = False
    #: Sheet name in a workbook, "" in delimited text.
    sheet: str
    #: Sheet row number of the header.
    header_row: int
    columns: tuple[Column, ...]
    #: Delimited text: how it was written, so that it is written back the same way.
    encoding: str = ""
    delimiter: str = ""
    #: `backslash` and `spaced`, where quotation marks are written `\\"` or behind spaces.
    quoting: str = ""
    #: Fields of most records; 0 when there is no telling.
    record_width: int = 0
    #: What the user should know: "row 7 has 3 cells too many", …
    notes: tuple[str, ...] = field(default=())
    #: What the file has that does not come back with the copy, as sentences, told before anything is spent.
    losses: tuple[str, ...] = field(default=())


class Sheet(Protocol):
    """An opened sheet: its description, and its rows streamed from the top as often as asked."""

    @property
    def info(self) -> SheetInfo:
        """What was found out about it."""

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""


class Standing(IntEnum):
    """How a row stands among those that a platform makes one product of; the first of the highest is the lead row."""

    #: Belongs to it, and its texts do not: another store view's, in another language.
    ASIDE = 0
    MEMBER = 1
    #: The platform's own row for the whole: WooCommerce's variable, Magento's configurable, Amazon's parent.
    LEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One or more rows that share a key; copy is written once for it, on its lead row or on every row."""

    key: str
    #: Sheet row numbers: the lead row first, then the others in the order of the sheet.
    rows: tuple[int, ...]
    #: Variable name -> text. Values that differ between the rows of a varying variable are joined with ", ".
    values: dict[str, str]
    #: The lead row's; None where no platform's rule made the rows one product, and the first row leads.
    standing: Standing | None = None
    #: Each row is a listing of its own and takes the copy; else the lead row alone does.
    on_every_row: bool = False
    #: The lead row's own values where `values` are others: more rows may come, and these decide again then.
    own: dict[str, str] = field(default_factory=dict)

    @property
    def copy_rows(self) -> tuple[int, ...]:
        """The rows that take the copy, the lead row first."""
        return self.rows if self.on_every_row else self.rows[:1]

    @property
    def place(self) -> int:
        """The first row of the sheet that takes its copy."""
        return min(self.copy_rows)
