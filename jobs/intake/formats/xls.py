"""Workbooks of Excel 2 to 2003 (.xls), read by xlrd."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import xlrd
from xlrd.biffh import XLRDError, error_text_from_code
from xlrd.book import Book as XlrdBook
from xlrd.sheet import Cell as XlrdCell
from xlrd.sheet import Sheet as XlrdSheet

from jobs.intake.book import (
    GENERAL,
    BookRow,
    BookTab,
    Cell,
    ColumnWidth,
    NumberFormat,
    Value,
    Visibility,
    number_format,
)
from jobs.intake.formats.book_sheet import BookSheet
from jobs.intake.merged import Merge
from jobs.intake.ole import workbook_stream
from jobs.intake.refusals import encrypted, told
from jobs.sheet import AS_FOUND, ReadOptions
from templates.errors import UserError

_EMPTY = frozenset({xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK})
#: A width is told in 256ths of a character.
_WIDTH_UNITS = 256
#: The number of a format that shows a date, and the time where there is one.
_DATE_AND_TIME = 22
_NO_FORMATS = "The workbook's formats are damaged: numbers are read without them, and leading zeros may be missing."
_SAVE_AGAIN = "Open it in a spreadsheet program and save it as .xlsx, or give an earlier copy."


class XlsSheet(BookSheet):
    """One worksheet of an old workbook."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        super().__init__(path, options, format_="xls", open_book=open_xls)


@contextmanager
def open_xls(path: Path) -> Iterator[XlsBook]:
    """Open an old workbook.

    Raises: UserError (encrypted, source) when it is encrypted or damaged.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as log:
        book = XlsBook(path, log)
        try:
            yield book
        finally:
            book.close()


class XlsBook:
    """An opened old workbook; one sheet at a time is in memory."""

    def __init__(self, path: Path, log: TextIO) -> None:
        self._path = path
        self._log = log
        self.notes: list[str] = []
        self._book = self._load()
        self._formats = _formats(self._book)
        self._sheet_in_memory = -1
        self.dates_from_1904 = self._book.datemode == 1
        # xlrd tells it in public only of a sheet that it has read.
        states: Sequence[int] = getattr(self._book, "_sheet_visibility", ())
        self.tabs = tuple(
            BookTab(index=index, name=name, visibility=Visibility.read(state))
            for index, (name, state) in enumerate(zip(self._book.sheet_names(), states, strict=False))
        )

    def close(self) -> None:
        """Let the file go."""
        self._book.release_resources()

    def rows(self, tab: BookTab) -> Generator[BookRow]:
        """Stream a sheet's rows that hold something."""
        sheet = self._sheet(tab.index)
        for index in range(sheet.nrows):
            cells = [
                Cell(column, _value(cell.ctype, cell.value), self._format(cell))
                for column, cell in enumerate(sheet.row(index))
                if cell.ctype not in _EMPTY and cell.value != ""
            ]
            if cells:
                yield BookRow(index + 1, cells)

    def widths(self, tab: BookTab) -> list[ColumnWidth]:
        """Give the column widths that are told."""
        told = sorted(self._sheet(tab.index).colinfo_map.items())
        return [ColumnWidth(column, column, each.width / _WIDTH_UNITS, bool(each.hidden)) for column, each in told]

    def merges(self, tab: BookTab) -> list[Merge]:
        """Give the merged ranges of a sheet; xlrd tells their ends as the first that is not in them."""
        return [
            Merge(top + 1, bottom, left, right - 1) for top, bottom, left, right in self._sheet(tab.index).merged_cells
        ]

    def _format(self, cell: XlrdCell) -> NumberFormat:
        if cell.xf_index is None:
            return _DATE_AND_TIME if cell.ctype == xlrd.XL_CELL_DATE else GENERAL
        return self._formats[cell.xf_index] if 0 <= cell.xf_index < len(self._formats) else GENERAL

    def _load(self) -> XlrdBook:
        """Open the file; without its formats where only these are damaged.

        The container is taken apart before: xlrd can run in circles in a damaged one.
        """
        try:
            return xlrd.open_workbook(
                file_contents=workbook_stream(self._path),
                logfile=self._log,
                formatting_info=not self.notes,
                on_demand=True,
                ragged_rows=True,
            )
        # xlrd trusts what it reads: any exception there is can come out of a damaged file.
        except Exception as error:
            if self.notes or isinstance(error, (XLRDError, OSError)):
                raise self._refused(error) from error
        self.notes.append(_NO_FORMATS)
        return self._load()

    def _sheet(self, index: int) -> XlrdSheet:
        """Read a sheet and forget the one before it; without formats where only these are damaged."""
        if self._book.on_demand and self._sheet_in_memory not in {-1, index}:
            self._book.unload_sheet(self._sheet_in_memory)
        self._sheet_in_memory = index
        try:
            return self._book.sheet_by_index(index)
        except Exception as error:
            if self.notes:
                raise self._refused(error) from error
        self._book.release_resources()
        self.notes.append(_NO_FORMATS)
        self._book = self._load()
        return self._sheet(index)

    def _refused(self, error: Exception) -> UserError:
        if "encrypted" in str(error):
            return encrypted(self._path.name)
        return UserError(
            f"{self._path.name} is damaged: it is not a whole .xls workbook ({told(error)}).",
            fix=_SAVE_AGAIN,
            code="source",
        )


def _formats(book: XlrdBook) -> list[NumberFormat]:
    """Give the number format of each cell style."""
    codes = {each.format_key: each.format_str for each in book.format_list}
    return [number_format(style.format_key, codes) for style in book.xf_list]


def _value(kind: int, value: object) -> Value:
    """Give a cell's value by xlrd's kind of it."""
    if isinstance(value, str):
        return value
    number = value if isinstance(value, (int, float)) else math.nan
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(number)
    if kind == xlrd.XL_CELL_ERROR:
        return error_text_from_code.get(int(number), "#N/A")
    return float(number) if math.isfinite(number) else "#NUM!"
