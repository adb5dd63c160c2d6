"""Rows of the new workbook as XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jobs.intake.letters import column_letter
from jobs.money import plain
from outputs.cell_text import xml_text

#: Text, a number, an amount or a truth value.
NewValue = str | int | float | bool | Decimal

_ROWS_A_PIECE = 500
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f]")
#: Whole numbers below it are written without a point.
_EXACT_WHOLE = 1e15

_letter = lru_cache(maxsize=None)(column_letter)


class NewCell(NamedTuple):
    """A cell to be written."""

    #: From 0.
    column: int
    value: NewValue
    #: Index of its cell format, 0 for none of its own.
    style: int


#: A row number from 1, and the row's cells from left to right.
NewRow = tuple[int, Sequence[NewCell]]


def rows_xml(rows: Iterable[NewRow]) -> Iterator[bytes]:
    """Stream rows."""
    pieces: list[str] = []
    for number, cells in rows:
        pieces.append(f'<row r="{number}">{"".join(_cell(cell, number) for cell in cells)}</row>')
        if len(pieces) == _ROWS_A_PIECE:
            yield "".join(pieces).encode()
            pieces.clear()
    yield "".join(pieces).encode()


def _cell(cell: NewCell, row: int) -> str:
    column, value, style = cell
    start = f'<c r="{_letter(column)}{row}" s="{style}"' if style else f'<c r="{_letter(column)}{row}"'
    if isinstance(value, str):
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{_escaped(value)}</t></is></c>'
    if isinstance(value, bool):
        return f'{start} t="b"><v>{value:d}</v></c>'
    return f"{start}><v>{_digits(value)}</v></c>"


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    """Escape text for `<t>`; a control character, which XML cannot carry as it is, becomes `_x000B_`."""
    return _CONTROLS.sub(lambda control: f"_x{ord(control[0]):04X}_", xml_text(text))


def _digits(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    is_whole = float(value).is_integer() and abs(value) < _EXACT_WHOLE
    return str(int(value)) if is_whole else repr(value)
