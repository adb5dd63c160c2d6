"""The rows of a worksheet part, streamed; every cell as the text that a person sees."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from itertools import takewhile
from typing import IO

from lxml import etree

from jobs.intake.numbers.number_text import NumberText
from jobs.intake.ooxml.cell_values import CellValues
from jobs.intake.ooxml.damage import Damaged
from jobs.intake.ooxml.elements import START_TAG, Surroundings, streamed
from jobs.intake.ooxml.part_text import is_utf_8, part_chunks
from jobs.intake.ooxml.plain_row import PlainRow
from jobs.intake.ooxml.row_element import RowElement
from jobs.intake.ooxml.sheet_scan import SheetScanner, row_number, shadow
from jobs.intake.ooxml.strings import SharedStrings
from jobs.intake.ooxml.xml_text import CONTROLS, local_name
from jobs.intake.text.row_tally import RowTally
from jobs.sheet import Row

_ROOT = re.compile(START_TAG % b"worksheet")

_PROTECTION = re.compile(rb"""<(?:[\w.-]+:)?sheetProtection\s(?:[^<>]*?\s)?sheet\s*=\s*["'](?:1|true|on)["']""")
#: No protection element is longer than this.
_OVERLAP_BYTES = 2000
#: Rows that are not plain are parsed together up to this size, which is much faster than one by one.
_MOST_UNUSUAL_BYTES = 1 << 17

#: A row's number and its cells.
_Cells = tuple[int, list[str]]


class CellReader:
    """Reads the cells of one worksheet: plain rows by what their bytes are, the others by an XML parser."""

    def __init__(self, strings: SharedStrings, styles: Mapping[str, NumberText]) -> None:
        self._values = CellValues(strings, styles)
        self._element = RowElement(self._values)
        #: Whether the sheet is protected; known once its rows were streamed to the end.
        self.is_protected = False
        #: Set by a character that XML cannot carry: from there on, a parser is to say what is wrong.
        self._is_suspect = False

    @property
    def no_result_rows(self) -> RowTally:
        """Rows with formulas that have no result in the file."""
        return self._element.no_result_rows

    def rows(self, file: IO[bytes]) -> Generator[Row]:
        """Stream the rows that have any text."""
        scan = self._scan(file)
        if scan is None:
            file.seek(0)
            yield from self.rows_as_xml(file)
        else:
            yield from _with_text(self._scanned(*scan))
        behind = scan[0].tail() if scan else _from_the_top(file)
        self.is_protected = _are_protecting(behind)

    def rows_as_xml(self, file: IO[bytes]) -> Generator[Row]:
        """Stream the same rows, all of them by an XML parser."""
        elements = streamed(file, "{*}row", "{*}sheetData")
        yield from _with_text(self._elements(takewhile(lambda each: local_name(each) != "sheetData", elements), 0))

    def _scan(self, file: IO[bytes]) -> tuple[SheetScanner, Surroundings] | None:
        """Begin to scan a sheet, None when it is none to be scanned."""
        try:
            encoding, chunks = part_chunks(file)
            scanner = SheetScanner(self._watched(chunks))
        except Damaged:
            return None
        root = _ROOT.search(scanner.head)
        if root is None or b"<!" in scanner.head[: root.start()] or not is_utf_8(encoding):
            return None
        return scanner, Surroundings(root[0], scanner.head[shadow(scanner.head).rindex(b"<") :])

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(chunk.translate(None, CONTROLS)) < len(chunk):
                self._is_suspect = True
            yield chunk

    def _scanned(self, scanner: SheetScanner, surroundings: Surroundings) -> Iterator[_Cells]:
        plain = PlainRow(scanner.prefix, self._values)
        unusual = bytearray()
        number = above = 0
        for row in scanner.rows():
            is_alone = not row.before or row.before.isspace()
            cells = plain.cells(row.body) if is_alone and not self._is_suspect else None
            if cells is None:
                above = above if unusual else number
                unusual += b"".join(row[1:])
            if unusual and (cells is not None or len(unusual) > _MOST_UNUSUAL_BYTES):
                yield from self._elements(surroundings.elements(bytes(unusual), "{*}row"), above)
                unusual.clear()
            number = row.number
            if cells is not None:
                yield number, cells
        unusual += _up_to_end(next(scanner.tail()), scanner.prefix)
        if unusual and not unusual.isspace():
            yield from self._elements(surroundings.elements(bytes(unusual), "{*}row"), above)

    def _elements(self, rows: Iterator[etree._Element], above: int) -> Iterator[_Cells]:
        number = above
        for element in rows:
            number = row_number(element.get("r", "").strip().encode(), number)
            yield number, self._element.cells(element, number)


def _up_to_end(xml: bytes, prefix: bytes) -> bytes:
    """Give what stands between the last row and the end of the rows."""
    return xml[: shadow(xml).index(b"</%bsheetData" % prefix)]


def _from_the_top(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return part_chunks(file)[1]


def _are_protecting(chunks: Iterator[bytes]) -> bool:
    """Whether what stands behind the rows protects the sheet; read to its end, where the part's check sum is tested."""
    found, kept = False, b""
    for chunk in chunks:
        kept += chunk
        found = found or _PROTECTION.search(kept) is not None
        kept = kept[-_OVERLAP_BYTES:]
    return found


def _with_text(rows: Iterator[_Cells]) -> Generator[Row]:
    for number, cells in rows:
        if any(cells) and not all(map(_is_blank, cells)):
            yield Row(number, tuple(cells))


def _is_blank(cell: str) -> bool:
    return not cell.strip()
