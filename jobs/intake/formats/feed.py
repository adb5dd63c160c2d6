"""Google Merchant feeds in XML (RSS 2.0 and Atom 1.0): a row for each item, a column for each field met."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.intake.book import GENERAL, BookRow, BookTab, Cell, ColumnWidth, Visibility
from jobs.intake.feed.fields import FieldReader
from jobs.intake.feed.items import items, read_kind
from jobs.intake.feed.kinds import FeedKind
from jobs.intake.feed.notation import cell_text, header_and_order
from jobs.intake.schema_header import SCHEMA_ROW, refuse_table_options, schema_columns
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError

#: Rows of a worksheet below its header: the feed comes back as one.
_MOST_ITEMS = 1_048_575
#: Fields and their parts; Google knows about 150.
_MOST_FIELDS = 1_000
_LONGEST_NAME = 255
#: Of a column in the workbook, in characters.
_WIDTH = 24.0
_FOR_GOOGLE = "For the Merchant Center, --publish google-supplemental writes the file to upload."


class FeedSheet:
    """A feed; item n is row n + 1, as it is in the workbook that comes back."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        refuse_table_options(path, options, "an XML feed")
        self._path = path
        self._kind = read_kind(path)
        fields = _survey(path, self._kind)
        #: Field name -> order of its parts.
        self._orders: dict[str, tuple[str, ...]] = {}
        headers = []
        for name, parts in fields.items():
            header, self._orders[name] = header_and_order(name, list(parts))
            headers.append(header)
        self._info = SheetInfo(
            path=path,
            format="feed",
            sheet="",
            header_row=SCHEMA_ROW,
            columns=schema_columns(headers),
            losses=(f"{path.name} comes back as an .xlsx workbook, not as a feed. {_FOR_GOOGLE}",),
        )

    @property
    def info(self) -> SheetInfo:
        """What was found out about it."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the items that have any text, in order."""
        reader = FieldReader()
        for number, item in enumerate(items(self._path, self._kind), SCHEMA_ROW + 1):
            fields = reader.fields(item)
            cells = tuple(cell_text(fields.get(name, ()), order) for name, order in self._orders.items())
            if any(cells):
                yield Row(number, cells)


class FeedBook:
    """A feed as a workbook of one sheet with a header, which is how it comes back."""

    dates_from_1904 = False
    notes: Sequence[str] = ()

    def __init__(self, sheet: FeedSheet) -> None:
        self._sheet = sheet
        self.tabs = (BookTab(index=0, name=sheet.info.sheet, visibility=Visibility.VISIBLE),)

    def rows(self, _: BookTab) -> Generator[BookRow]:
        """Stream the header and the items, all as text."""
        yield _book_row(Row(SCHEMA_ROW, tuple(column.header for column in self._sheet.info.columns)))
        yield from map(_book_row, self._sheet.rows())

    def widths(self, _: BookTab) -> Sequence[ColumnWidth]:
        """Give every column room for a few words."""
        return [ColumnWidth(0, len(self._sheet.info.columns) - 1, _WIDTH, is_hidden=False)]


@contextmanager
def open_feed(path: Path) -> Iterator[FeedBook]:
    """Open a feed to write it again.

    Raises:
        UserError: it is no product feed, or damaged.
    """
    yield FeedBook(FeedSheet(path))


def _book_row(row: Row) -> BookRow:
    return BookRow(row.number, [Cell(index, text, GENERAL) for index, text in enumerate(row.cells) if text])


def _survey(path: Path, kind: FeedKind) -> dict[str, dict[str, None]]:
    """Read the whole feed for its fields, in the order of their first items, and their parts.

    Raises:
        UserError: it has no products, or more than a table has.
    """
    reader = FieldReader()
    fields: dict[str, dict[str, None]] = {}
    count = 0
    for count, item in enumerate(items(path, kind), 1):
        for name, values in reader.fields(item).items():
            parts = fields.setdefault(name, {})
            for value in values:
                if isinstance(value, dict):
                    parts |= dict.fromkeys(value)
        if count > _MOST_ITEMS or _are_too_many(fields):
            raise UserError(
                f"{path.name} has more than {_MOST_ITEMS:,} items or {_MOST_FIELDS:,} fields.",
                fix="Split the feed into several files.",
                code="source",
            )
    if not count:
        raise UserError(
            f"{path.name} is a feed without any <{kind.item}>, so it has no products.",
            fix="Export the feed again.",
            code="source",
        )
    if not reader.has_products:
        raise UserError(
            f"{path.name} is {kind.otherwise}, not a product feed: no item has Google's fields (g:id, g:price, …).",
            fix="Export the products as a Google Merchant feed, .csv or .xlsx.",
            code="source",
        )
    return fields


def _are_too_many(fields: dict[str, dict[str, None]]) -> bool:
    names = [*fields, *(part for parts in fields.values() for part in parts)]
    return len(names) > _MOST_FIELDS or any(len(name) > _LONGEST_NAME for name in names)
