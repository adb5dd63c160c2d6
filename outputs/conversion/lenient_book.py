"""A workbook whose other sheets may be damaged: the table's sheet is what the user came for."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from jobs.intake.book import Book, BookRow, BookTab, ColumnWidth


class LenientBook:
    """Gives what can be read of every sheet; of the table's, all or the error that it ends in."""

    def __init__(self, book: Book, table: BookTab) -> None:
        self._book = book
        self._table = table
        #: Names of the sheets that could not be read whole.
        self.broken: dict[str, None] = {}

    @property
    def tabs(self) -> Sequence[BookTab]:
        """Its worksheets in their order."""
        return self._book.tabs

    @property
    def dates_from_1904(self) -> bool:
        """Whether day 0 is the first of January 1904."""
        return self._book.dates_from_1904

    @property
    def notes(self) -> Sequence[str]:
        """What the user should know about how it was read."""
        return self._book.notes

    def rows(self, tab: BookTab) -> Generator[BookRow]:
        """Stream a sheet's rows, up to where it is damaged."""
        if tab == self._table:
            yield from self._book.rows(tab)
            return
        try:
            yield from self._book.rows(tab)
        # Whatever its reader runs into: the copy is paid for, and goes into another sheet.
        except Exception:  # noqa: BLE001
            self.broken[tab.name] = None

    def widths(self, tab: BookTab) -> Sequence[ColumnWidth]:
        """Give the column widths that are told."""
        if tab == self._table:
            return self._book.widths(tab)
        try:
            return self._book.widths(tab)
        except Exception:  # noqa: BLE001 - as above
            self.broken[tab.name] = None
            return ()
