"""The tables of an OpenDocument spreadsheet, streamed one after the other, and the rows of each."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import repeat
from typing import IO

from lxml import etree

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.merged import Merge
from jobs.intake.odf.cell_styles import AUTOMATIC, NAMED, CellStyles
from jobs.intake.odf.names import OFFICE, TABLE
from jobs.intake.odf.text import cell_text
from jobs.intake.odf.values import FORMULA, VALUE_TYPE, CellValues
from jobs.intake.text.row_tally import RowTally
from jobs.sheet import Row

MOST_ROWS = 1_048_576
#: Cells that a table may have by mere repetition: a file of a few bytes could claim billions.
_MOST_REPEATED_CELLS = 20_000_000
#: A header is made of no more merged cells.
_MOST_MERGES = 1_000

_TABLE = f"{TABLE}table"
_ROW = f"{TABLE}table-row"
_COLUMN = f"{TABLE}table-column"
_CELLS = frozenset({f"{TABLE}table-cell", f"{TABLE}covered-table-cell"})
_SPREADSHEET = f"{OFFICE}spreadsheet"
_COLUMNS_REPEATED = f"{TABLE}number-columns-repeated"
_ROWS_REPEATED = f"{TABLE}number-rows-repeated"
_COLUMNS_SPANNED = f"{TABLE}number-columns-spanned"
_ROWS_SPANNED = f"{TABLE}number-rows-spanned"
_DEFAULT_STYLE = f"{TABLE}default-cell-style-name"


class OdfTable:
    """A table of the spreadsheet; its rows can be had until the next table is asked for."""

    def __init__(
        self, element: etree._Element, events: Iterator[tuple[str, etree._Element]], styles: CellStyles
    ) -> None:
        self.name = element.get(f"{TABLE}name", "")
        self.is_visible = not styles.hides(element.get(f"{TABLE}style-name", ""))
        self.is_protected = element.get(f"{TABLE}protected") == "true"
        #: Rows with formulas that have no result in the file.
        self.no_result_rows = RowTally()
        #: Merged cells of the rows read so far, the first ones.
        self.merges: list[Merge] = []
        self._element = element
        self._events = events
        self._values = CellValues(styles)
        self._column_styles: list[str] = []
        self._is_read = self._notes_merges = False
        self._repeated_cells = 0

    def rows(self, *, with_merges: bool = False) -> Generator[Row]:
        """Stream the rows that have any text; `with_merges` notes their merged cells."""
        self._notes_merges = with_merges
        number = 1
        for row in self._row_elements():
            count = _repeats(row, _ROWS_REPEATED)
            cells = self._cells(row, number)
            if any(cells) and not all(map(_is_blank, cells)):
                self._charge(len(cells) * (min(count, MOST_ROWS) - 1))
                texts = tuple(cells)
                for same in range(number, min(number + count, MOST_ROWS + 1)):
                    yield Row(same, texts)
            number += count
            if number > MOST_ROWS:
                return

    def pass_over(self) -> None:
        """Read to the end of the table."""
        for _ in self._row_elements():
            pass

    def _row_elements(self) -> Iterator[etree._Element]:
        """Give each whole row, and free all before it once the next one is asked for."""
        depth = 1
        while not self._is_read:
            event, element = next(self._events)
            tag = element.tag
            if tag == _TABLE:
                depth += 1 if event == "start" else -1
                self._is_read = depth == 0
            elif event == "start" or depth > 1:
                continue
            elif tag == _ROW:
                yield element
                self._free(element)
            elif tag == _COLUMN:
                count = min(_repeats(element, _COLUMNS_REPEATED), MOST_COLUMNS - len(self._column_styles))
                self._column_styles.extend(repeat(element.get(_DEFAULT_STYLE, ""), count))

    def _free(self, row: etree._Element) -> None:
        row.clear()
        node = row
        while node is not self._element:
            parent = node.getparent()
            if parent is None:
                return
            while node.getprevious() is not None:
                del parent[0]
            node = parent

    def _cells(self, row: etree._Element, number: int) -> list[str]:
        cells: list[str] = []
        index = 0
        row_style = row.get(_DEFAULT_STYLE)
        columns = self._column_styles
        for cell in row:
            kind = cell.get(VALUE_TYPE)
            if kind is not None:
                default = row_style or (columns[index] if index < len(columns) else "")
                text = self._values.text(cell, kind, default)
            # Spreadsheet programs keep what a merged range covers, and read it again from an .xlsx: so is it here.
            elif cell.tag not in _CELLS:
                continue
            else:
                text = self._untyped(cell, number)
            told = cell.get(_COLUMNS_REPEATED)
            count = 1 if told is None else _count(told)
            if text:
                if index > len(cells):
                    cells.extend(repeat("", index - len(cells)))
                if count > 1:
                    count = min(count, MOST_COLUMNS - index)
                    self._charge(count)
                    cells.extend(repeat(text, count))
                else:
                    cells.append(text)
                if self._notes_merges:
                    self._note_merge(cell, number, index)
            index += count
            if index >= MOST_COLUMNS:
                break
        return cells

    def _untyped(self, cell: etree._Element, number: int) -> str:
        """Give the text of a cell without a value; one with a formula and no text either lacks its result."""
        if len(cell):
            return cell_text(cell)
        if cell.get(FORMULA) is not None:
            self.no_result_rows.add(number)
        return ""

    def _note_merge(self, cell: etree._Element, number: int, index: int) -> None:
        columns, rows = _repeats(cell, _COLUMNS_SPANNED), _repeats(cell, _ROWS_SPANNED)
        if (columns > 1 or rows > 1) and len(self.merges) < _MOST_MERGES:
            right = min(index + columns, MOST_COLUMNS) - 1
            self.merges.append(Merge(top=number, bottom=number + rows - 1, left=index, right=right))

    def _charge(self, cells: int) -> None:
        self._repeated_cells += cells
        if self._repeated_cells > _MOST_REPEATED_CELLS:
            raise ValueError(f'the table "{self.name}" claims more repeated cells than any table has')


def read_tables(file: IO[bytes], styles: CellStyles) -> Generator[OdfTable]:
    """Give the tables in the order of the file.

    Raises: ValueError when there is no spreadsheet in it.
    """
    events = etree.iterparse(
        file,
        events=("start", "end"),
        tag=(_SPREADSHEET, _TABLE, _ROW, _COLUMN, AUTOMATIC, NAMED),
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    is_spreadsheet = False
    for event, element in events:
        if event == "end" and element.tag in {AUTOMATIC, NAMED}:
            styles.add(element)
        elif event == "start" and element.tag == _SPREADSHEET:
            is_spreadsheet = True
        elif event == "start" and element.tag == _TABLE and is_spreadsheet:
            table = OdfTable(element, events, styles)
            yield table
            table.pass_over()
            element.clear()
    if not is_spreadsheet:
        raise ValueError("there is no spreadsheet in it")


def _repeats(element: etree._Element, name: str) -> int:
    return _count(element.get(name, ""))


def _count(told: str) -> int:
    return max(1, min(int(told), MOST_ROWS)) if told.isascii() and told.isdecimal() else 1


def _is_blank(cell: str) -> bool:
    return not cell.strip()
