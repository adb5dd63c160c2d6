"""The rows of a worksheet part, streamed; every cell as the text that a person sees."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import IO

from lxml import etree

from jobs.intake.letters import MOST_COLUMNS, column_index
from jobs.intake.numbers.general import general
from jobs.intake.numbers.number_text import NumberText
from jobs.intake.ooxml.elements import streamed
from jobs.intake.ooxml.strings import SharedStrings, plain_text, unescaped
from jobs.intake.text.row_tally import RowTally
from jobs.sheet import Row

_MOST_ROWS = 1_048_576
_DIGITS = "0123456789"


class _Columns(dict[str, int]):
    """Positions by column letter, worked out once; -1 for what is no letter."""

    def __missing__(self, letters: str) -> int:
        index = column_index(letters)
        self[letters] = -1 if index is None else index
        return self[letters]


class CellReader:
    """Reads the cells of one worksheet."""

    def __init__(self, strings: SharedStrings, styles: Mapping[str, NumberText]) -> None:
        self._strings = strings
        self._styles = styles
        self._columns = _Columns()
        #: Rows with formulas that have no result in the file.
        self.no_result_rows = RowTally()

    def rows(self, file: IO[bytes]) -> Generator[Row]:
        """Stream the rows that have any text."""
        number = 0
        for element in streamed(file, "{*}row", "{*}sheetData"):
            if element.tag.endswith("}sheetData"):
                return
            told = element.get("r", "")
            number = int(told) if told.isdecimal() and 0 < int(told) <= _MOST_ROWS else number + 1
            cells = self._cells(element, number)
            if any(cells) and not all(map(_is_blank, cells)):
                yield Row(number, tuple(cells))

    def _cells(self, row: etree._Element, number: int) -> list[str]:
        cells: list[str] = []
        index = -1
        value = f"{row.tag[:-3]}v"
        for cell in row:
            ref = cell.get("r")
            place = self._columns[ref.rstrip(_DIGITS)] if ref else -1
            index = place if place >= 0 else index + 1
            # Most cells have a plain value and nothing else: they take the short way.
            only = cell[0] if len(cell) == 1 else None
            if only is not None and only.tag == value:
                text = self._shown(only.text or "", cell.get("t"), cell)
            else:
                text = self._text(cell, number)
            if not text or index >= MOST_COLUMNS:
                continue
            if index == len(cells):
                cells.append(text)
            else:
                if index > len(cells):
                    cells.extend([""] * (index - len(cells) + 1))
                cells[index] = text
        return cells

    def _text(self, cell: etree._Element, number: int) -> str:
        raw = None
        has_formula = False
        for part in cell:
            tag = str(part.tag)
            if tag[-2:] == "}v":
                raw = part.text or ""
            elif tag[-2:] == "}f":
                has_formula = True
            elif tag[-3:] == "}is":
                return plain_text(part)
        kind = cell.get("t")
        if raw is None:
            if has_formula and kind != "str":
                self.no_result_rows.add(number)
            return ""
        return self._shown(raw, kind, cell)

    def _shown(self, raw: str, kind: str | None, cell: etree._Element) -> str:
        """Show a value by its kind: a shared string, a number by its style, or another."""
        if kind == "s":
            return self._strings[int(raw)]
        if kind is None or kind == "n":
            style = cell.get("s")
            shape = self._styles.get(style) if style else None
            return general(raw) if shape is None else shape(raw)
        return _OTHER_KINDS.get(kind, unescaped)(raw)


def _is_blank(cell: str) -> bool:
    return not cell.strip()


def _truth(raw: str) -> str:
    return "TRUE" if raw.strip() in {"1", "true", "TRUE"} else "FALSE"


def _iso(raw: str) -> str:
    """Give an ISO date cell (Strict workbooks) with the time only when it has one."""
    date, _, time = raw.strip().rstrip("Z").partition("T")
    return date if not time.strip("0:.") else f"{date} {time}"


_OTHER_KINDS: dict[str, Callable[[str], str]] = {"b": _truth, "d": _iso, "e": str.strip}
