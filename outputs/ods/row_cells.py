"""The cells of a row's XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.odf.tables import MOST_ROWS
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.ods.markup import Markup, children, count

REPEATED = "table:number-columns-repeated"


class Traits(NamedTuple):
    """What a cell's attributes tell."""

    #: Columns that it stands for.
    times: int
    #: Its style, b"" for none.
    style: bytes
    has_value: bool
    has_formula: bool
    #: Columns and rows that it spans.
    span: tuple[int, int]


class Spot(NamedTuple):
    """What is to be known of a cell without where its bytes lie."""

    column: int
    traits: Traits
    #: Whether it holds a value, a text or a formula; a comment is none.
    is_filled: bool

    @property
    def right(self) -> int:
        """Give the last column that it stands for."""
        return self.column + self.traits.times - 1


class Cell(NamedTuple):
    """A cell element of the user's as it lies in the row's body."""

    spot: Spot
    start: int
    end: int
    #: Start tag up to its attributes: `<table:table-cell`.
    tag: bytes
    #: What stands in the start tag behind its name, a closing slash included.
    attributes: bytes
    inner: bytes
    #: End tag, b"" of a cell without content.
    close: bytes


class CellReader:
    """Reads the cells of rows."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        cell = rb"(?:covered-)?table-cell"
        start = markup.start_tag("table", cell)
        self._start = re.compile(start)
        self._token = re.compile(rb"%b|%b" % (start, markup.end_tag("table", cell)))
        self._nested = re.compile(markup.start_tag("table", b"table"))
        #: Values differ from cell to cell, and tell nothing of a cell but that it has one.
        self._values = re.compile(rb"""\s%b(?:date-|time-|string-)?value="[^"]*\"""" % markup.name("office:"))
        self._traits = lru_cache(maxsize=4096)(self._read_traits)
        self._outline = lru_cache(maxsize=4096)(self._read_outline)

    def spots(self, body: bytes) -> tuple[Spot, ...]:
        """Say what cells a row has; rows that differ in their values only give the same object."""
        seen = shadow(body)
        if not self._nested.search(seen):
            spots = self._outline(tuple(self._start.findall(self._values.sub(b"", seen))))
            if spots is not None:
                return spots
        return tuple(cell.spot for cell in self.cells(body))

    def cells(self, body: bytes, spots: Sequence[Spot] = ()) -> list[Cell]:
        """Read every cell of a row; those of a table within a cell are part of its content.

        `spots`: of the same row, when they have been read already.
        """
        cells: list[Cell] = []
        column, depth = 0, 0
        start: re.Match[bytes] | None = None
        for token in self._token.finditer(shadow(body)):
            attributes = token[1]
            if attributes is None:
                depth -= 1
            elif not attributes.endswith(b"/"):
                depth += 1
                start = start or token
            elif not depth:
                start = token
            if depth or start is None:
                continue
            cells.append(self._cell(body, column, start, token, spots[len(cells)] if spots else None))
            column = cells[-1].spot.right + 1
            start = None
        return cells

    def last_cell(self, body: bytes, spots: tuple[Spot, ...]) -> Cell | None:
        """Give the last cell alone when it is one without content, as mostly; None when only `cells` can tell."""
        at = body.rfind(b"<")
        found = self._start.fullmatch(body, at) if at >= 0 and b"<!" not in body else None
        if found is None or not found[1].endswith(b"/"):
            return None
        return self._cell(body, spots[-1].column, found, found, spots[-1])

    def _cell(self, body: bytes, column: int, start: re.Match[bytes], end: re.Match[bytes], spot: Spot | None) -> Cell:
        is_empty = start is end
        attributes = start[1]
        inner = b"" if is_empty else body[start.end() : end.start()]
        if spot is None:
            traits = self._traits(self._values.sub(b"", attributes))
            spot = Spot(column, traits, traits.has_value or traits.has_formula or self._has_text(inner))
        return Cell(
            spot,
            start.start(),
            end.end(),
            start[0][: -len(attributes) - 1],
            attributes,
            inner,
            b"" if is_empty else end[0],
        )

    def _has_text(self, inner: bytes) -> bool:
        paragraph = self._markup.name("text:p")
        return paragraph in inner and any(name == paragraph for name, _ in children(inner))

    def _read_outline(self, starts: tuple[bytes, ...]) -> tuple[Spot, ...] | None:
        """Read the start tags of a row; None when what a cell holds must be looked at as well."""
        spots: list[Spot] = []
        column = 0
        for attributes in starts:
            traits = self._traits(attributes)
            is_filled = traits.has_value or traits.has_formula
            if not is_filled and not attributes.endswith(b"/"):
                return None
            spots.append(Spot(column, traits, is_filled))
            column = spots[-1].right + 1
        return tuple(spots)

    def _read_traits(self, attributes: bytes) -> Traits:
        value = self._markup.value
        columns = value(attributes, "table:number-columns-spanned") or value(
            attributes, "table:number-matrix-columns-spanned"
        )
        rows = value(attributes, "table:number-rows-spanned") or value(attributes, "table:number-matrix-rows-spanned")
        return Traits(
            count(value(attributes, REPEATED), MOST_COLUMNS),
            value(attributes, "table:style-name") or b"",
            value(attributes, "office:value-type") is not None,
            value(attributes, "table:formula") is not None,
            (count(columns, MOST_COLUMNS), count(rows, MOST_ROWS)),
        )


def part_of(markup: Markup, cell: Cell, columns: int) -> bytes:
    """Give a cell again for some of its columns."""
    attributes = markup.repeated(cell.attributes, REPEATED, columns)
    return b"".join((cell.tag, attributes, b">", cell.inner, cell.close))
