"""What is to be written, and what had to be noted, as JSON between two processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from jobs.money import plain
from outputs.columns import ColumnKind, OutputColumn
from outputs.notes import NotedCell, WriteNotes
from outputs.rows import Cells, CellValue

#: Rows that are sent together; a row's copy may be long.
_PAGE_ROWS = 100


def columns_to_json(columns: Sequence[OutputColumn]) -> list[dict[str, Any]]:
    """Write the planned columns as plain values."""
    return [asdict(column) for column in columns]


def columns_from_json(values: list[dict[str, Any]]) -> list[OutputColumn]:
    """Read them back."""
    return [OutputColumn(**value | {"kind": ColumnKind(value["kind"])}) for value in values]


def pages_to_json(rows: Iterable[tuple[int, Cells]]) -> Iterator[list[Any]]:
    """Write rows of cells, page by page; an amount stands in a list of its own."""
    page: list[Any] = []
    for number, cells in rows:
        page.append([number, [[at, [plain(it)] if isinstance(it, Decimal) else it] for at, it in cells.items()]])
        if len(page) == _PAGE_ROWS:
            yield page
            page = []
    yield page


def rows_from_json(page: list[Any]) -> Iterator[tuple[int, Cells]]:
    """Read a page back."""
    for number, cells in page:
        yield number, {at: _value(value) for at, value in cells}


def notes_from_json(values: dict[str, Any]) -> WriteNotes:
    """Read the notes back, which are written by `asdict`."""
    settled: dict[str, Any] = {name: [*map(_noted, it)] if isinstance(it, list) else it for name, it in values.items()}
    return WriteNotes(**settled)


def _value(value: Any) -> CellValue:
    settled: CellValue = Decimal(value[0]) if isinstance(value, list) else value
    return settled


def _noted(value: Any) -> Any:
    return NotedCell(**value) if isinstance(value, dict) else value
