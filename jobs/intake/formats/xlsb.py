"""Binary workbooks (.xlsb), read record by record."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.intake.biff12.cells import read_columns, read_merges, read_rows
from jobs.intake.biff12.package import BinaryPackage
from jobs.intake.biff12.strings import SharedTexts, read_shared_texts
from jobs.intake.biff12.workbook import read_cell_formats
from jobs.intake.book import BookRow, BookTab, ColumnWidth, NumberFormat, Visibility
from jobs.intake.formats.book_sheet import BookSheet
from jobs.intake.merged import Merge
from jobs.intake.ooxml.package import reading
from jobs.intake.zip_file import entry_names
from jobs.sheet import AS_FOUND, ReadOptions


class XlsbSheet(BookSheet):
    """One worksheet of a binary workbook."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        super().__init__(path, options, format_="xlsb", open_book=open_xlsb)


def is_xlsb(path: Path) -> bool:
    """Whether a zip archive is a binary workbook."""
    names = {name.casefold().rpartition("/")[2] for name in entry_names(path) or ()}
    return "workbook.bin" in names and "workbook.xml" not in names


@contextmanager
def open_xlsb(path: Path) -> Iterator[XlsbBook]:
    """Open a binary workbook.

    Raises: UserError (source) when it is damaged.
    """
    with reading(path):
        book = XlsbBook(path)
    try:
        yield book
    finally:
        book.close()


class XlsbBook:
    """An opened binary workbook; its shared strings are in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._package = BinaryPackage(path)
        try:
            self._texts, self._formats = self._read_texts(), self._read_formats()
        except BaseException:
            self.close()
            raise
        self.notes = ()
        self.dates_from_1904 = self._package.dates_from_1904
        self.tabs = tuple(
            BookTab(index=index, name=sheet.name, visibility=Visibility.read(state), part=sheet.part)
            for index, (sheet, state) in enumerate(zip(self._package.sheets, self._package.visibilities, strict=True))
        )

    def close(self) -> None:
        """Let the file go."""
        self._package.__exit__()

    def rows(self, tab: BookTab) -> Generator[BookRow]:
        """Stream a sheet's rows that hold something."""
        with reading(self._path), self._package.open(tab.part) as file:
            yield from read_rows(file, self._texts, self._formats)

    def widths(self, tab: BookTab) -> list[ColumnWidth]:
        """Give the column widths that are told."""
        with reading(self._path), self._package.open(tab.part) as file:
            return [ColumnWidth(*columns) for columns in read_columns(file)]

    def merges(self, tab: BookTab) -> list[Merge]:
        """Give the merged ranges of a sheet."""
        with reading(self._path), self._package.open(tab.part) as file:
            return read_merges(file)

    def _part(self, kind: str) -> IO[bytes] | None:
        part = self._package.part_of(kind)
        return self._package.open(part) if part else None

    def _read_texts(self) -> SharedTexts:
        file = self._part("sharedStrings")
        if file is None:
            return SharedTexts()
        with file:
            return read_shared_texts(file)

    def _read_formats(self) -> list[NumberFormat]:
        file = self._part("styles")
        if file is None:
            return []
        with file:
            return read_cell_formats(file)
