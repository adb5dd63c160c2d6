"""The content of an OpenDocument spreadsheet as bytes: one table's rows, and all around them as it is in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from jobs.intake.odf.tables import MOST_ROWS
from jobs.intake.ooxml.damage import Damaged
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.ods.markup import Markup, count

#: Styles and the definition of a table are small in any real file.
_MOST_HEAD_BYTES = 64 << 20


class TableRow(NamedTuple):
    """One row element in its pieces, with what stood between it and the row above."""

    #: Of the first sheet row that it stands for.
    number: int
    #: Of how many sheet rows it stands for.
    times: int
    before: bytes
    #: What stands in the start tag behind its name, a closing slash included.
    attributes: bytes
    #: Start tag up to its attributes: `<table:table-row`.
    start: bytes
    body: bytes
    #: End tag, b"" of a row without cells.
    close: bytes

    def xml(self) -> bytes:
        """Give it as it is in the file."""
        return b"".join((self.start, self.attributes, b">", self.body, self.close))


class ContentScanner:
    """Reads the content once: `head`, `above()`, `opening()`, `rows()`, `tail()`, each to its end and in this order."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._xml = self._seen = b""
        self._at = self._limit = 0
        body = re.compile(rb"<(?:[\w.-]+:)?body(?=[\s/>])")
        found = self._find(body, _MOST_HEAD_BYTES)
        #: All up to the body: the styles.
        self.head = self._take(found.start())
        self.markup = Markup(shadow(self.head))
        if not self.markup.knows("table"):
            raise Damaged("its tables are named in a way that is not known")
        mark = self.markup
        table, row = mark.start_tag("table", b"table"), mark.start_tag("table", b"table-row")
        self._tables = re.compile(rb"%b|%b" % (table, mark.end_tag("table", b"table")))
        self._rows = re.compile(rb"%b|%b" % (row, mark.end_tag("table", b"table-row")))
        self._next = re.compile(rb"%b|%b" % (row, mark.end_tag("table", b"table")))

    def above(self, title: str) -> Iterator[bytes]:
        """Stream all between the styles and the table of a title.

        Raises: Damaged when there is none.
        """
        depth = 0
        while True:
            found = self._search(self._tables)
            if found is None:
                # What holds no part of a tag is handed on, so that memory holds a chunk.
                tag = self._seen.rfind(b"<", self._at, self._limit)
                yield self._take(tag if tag >= 0 else self._limit)
                if not self._refill():
                    raise Damaged(f'its sheet "{title}" is not there')
                continue
            attributes = found[1]
            if attributes is None:
                depth -= 1
            elif depth == 0 and self._title(attributes) == title:
                yield self._take(found.start())
                return
            elif not attributes.endswith(b"/"):
                depth += 1
            yield self._take(found.end())

    def opening(self) -> bytes:
        """Give the table's start tag and all up to its first row: columns, shapes."""
        found = self._find(self._next, _MOST_HEAD_BYTES)
        return self._take(found.start())

    def rows(self) -> Iterator[TableRow]:
        """Stream the row elements in the order of the file."""
        number = 1
        before = b""
        while True:
            found = self._find(self._next, _MOST_HEAD_BYTES)
            attributes = found[1]
            if attributes is None or number > MOST_ROWS:
                return
            before = self._take(found.start())
            start = found[0][: -len(attributes) - 1]
            self._take(found.end())
            body, close = (b"", b"") if attributes.endswith(b"/") else self._body()
            repeated = count(self.markup.value(attributes, "table:number-rows-repeated"), MOST_ROWS)
            yield TableRow(number, repeated, before, attributes, start, body, close)
            number += repeated

    def tail(self) -> Iterator[bytes]:
        """Stream all behind the rows."""
        yield self._xml[self._at :]
        yield from self._chunks

    def _title(self, attributes: bytes) -> str:
        return unescape((self.markup.value(attributes, "table:name") or b"").decode("utf-8", "replace"))

    def _body(self) -> tuple[bytes, bytes]:
        """Take what a row holds and its end tag; a table in a cell of it has rows of its own."""
        depth = 1
        at = self._at
        while True:
            found = self._rows.search(self._seen, at)
            if found is None or found.end() > self._limit:
                done = at - self._at
                if not self._refill():
                    raise Damaged("a table breaks off")
                at = self._at + done
                continue
            at = found.end()
            if found[1] is None:
                depth -= 1
            elif not found[1].endswith(b"/"):
                depth += 1
            if not depth:
                return self._take(found.start()), self._take(found.end())

    def _find(self, pattern: re.Pattern[bytes], most_bytes: int) -> re.Match[bytes]:
        while True:
            found = self._search(pattern)
            if found:
                return found
            if len(self._xml) - self._at > most_bytes:
                raise Damaged("what stands around its tables has no end")
            if not self._refill():
                raise Damaged("the content breaks off")

    def _search(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        found = pattern.search(self._seen, self._at)
        return found if found and found.end() <= self._limit else None

    def _take(self, end: int) -> bytes:
        """Give the bytes up to a place of what is read, and go on behind them."""
        piece = self._xml[self._at : end]
        self._at = end
        return piece

    def _refill(self) -> bool:
        """Read on, as much again as was left over, without what was taken; whether there was any more."""
        pieces = [self._xml[self._at :]]
        wanted = 2 * len(pieces[0]) + 1
        size = len(pieces[0])
        while size < wanted and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
            size += len(chunk)
        self._xml = b"".join(pieces)
        self._at = 0
        self._seen = shadow(self._xml)
        unclosed = self._seen.find(b"<!") if len(pieces) > 1 else -1
        self._limit = len(self._seen) if unclosed < 0 else unclosed
        return len(pieces) > 1
