"""The sheet with the table in a binary workbook, every cell as the text that a person sees."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path

from jobs.intake.book import Book, BookRow, BookTab, Cell, MergingBook, NumberFormat
from jobs.intake.formats.choice import choose_sheet
from jobs.intake.header import first_rows, lay_out
from jobs.intake.merged import spread
from jobs.intake.numbers.general import general
from jobs.intake.numbers.number_text import BUILTIN_FORMATS, NumberText, number_text
from jobs.sheet import ReadOptions, Row, SheetInfo

_LOSSES = (
    "It comes back as an .xlsx workbook: formulas become their values, and colours, borders, merged cells, charts, "
    "pictures, comments and macros stay in the original only."
)


class BookSheet:
    """One worksheet of a binary workbook."""

    def __init__(
        self,
        path: Path,
        options: ReadOptions,
        *,
        format_: str,
        open_book: Callable[[Path], AbstractContextManager[MergingBook]],
    ) -> None:
        self._path = path
        self._open = open_book
        self._format = format_
        with open_book(path) as book:
            self._tab, self._info = choose_sheet(
                path, book.tabs, lambda tab: self._look(book, tab, options.header_row), options.sheet
            )

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""
        with self._open(self._path) as book:
            for row in _text_rows(book, self._tab):
                if row.number > self._info.header_row:
                    yield row
            self._info = replace(self._info, notes=tuple(book.notes))

    def _look(self, book: MergingBook, tab: BookTab, header_row: int | None) -> tuple[SheetInfo, int]:
        """Describe a sheet by its first rows; how many of them are data."""
        with closing(_text_rows(book, tab)) as rows:
            sample = spread(first_rows(rows, header_row), book.merges(tab))
        header, columns = lay_out(sample, header_row, f'{self._path.name}, sheet "{tab.name}"')
        info = SheetInfo(
            path=self._path,
            format=self._format,
            sheet=tab.name,
            header_row=header.number,
            columns=columns,
            notes=tuple(book.notes),
            losses=(_LOSSES,),
        )
        return info, sum(row.number > header.number for row in sample)


class _CellTexts:
    """Shows cells as a person sees them; each number format is read once."""

    def __init__(self, *, dates_from_1904: bool) -> None:
        self._dates_from_1904 = dates_from_1904
        self._shapes: dict[NumberFormat, NumberText | None] = {}

    def row(self, row: BookRow) -> Row | None:
        """Show a row; None when there is nothing to see in it."""
        texts = [""] * (row.cells[-1].column + 1)
        for cell in row.cells:
            texts[cell.column] = self._text(cell)
        while texts and not texts[-1]:
            texts.pop()
        return Row(row.number, tuple(texts)) if any(text.strip() for text in texts) else None

    def _text(self, cell: Cell) -> str:
        value = cell.value
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if cell.format not in self._shapes:
            code = cell.format if isinstance(cell.format, str) else BUILTIN_FORMATS.get(cell.format, "General")
            self._shapes[cell.format] = number_text(code, dates_from_1904=self._dates_from_1904)
        shape = self._shapes[cell.format]
        return general(repr(value)) if shape is None else shape(repr(value))


def _text_rows(book: Book, tab: BookTab) -> Generator[Row]:
    texts = _CellTexts(dates_from_1904=book.dates_from_1904)
    with closing(book.rows(tab)) as rows:
        for row in rows:
            shown = texts.row(row)
            if shown is not None:
                yield shown
