"""What is to be written, and what had to be noted, as JSON between two processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from outputs.columns import ColumnKind, OutputColumn
from outputs.notes import NotedCell, WriteNotes
from outputs.rows import Cells

#: Rows that are sent together; a row's copy may be long.
_PAGE_ROWS = 100


def columns_to_json(columns: Sequence[OutputColumn]) -> list[dict[str, Any]]:
    """Write the planned columns as plain values."""
    return [asdict(column) for column in columns]


def columns_from_json(values: list[dict[str, Any]]) -> list[OutputColumn]:
    """Read them back."""
    return [OutputColumn(**value | {"kind": ColumnKind(value["kind"])}) for value in values]


def pages(rows: Iterable[tuple[int, Cells]]) -> Iterator[list[tuple[int, Cells]]]:
    """Gather rows of cells to be sent together."""
    page: list[tuple[int, Cells]] = []
    for row in rows:
        page.append(row)
        if len(page) == _PAGE_ROWS:
            yield page
            page = []
    yield page


def rows_from_json(page: list[Any]) -> Iterator[tuple[int, Cells]]:
    """Read a page back: JSON has made texts of the positions, and lists of the amounts."""
    for number, cells in page:
        yield number, {int(at): Decimal(it[0]) if type(it) is list else it for at, it in cells.items()}


def notes_from_json(values: dict[str, Any]) -> WriteNotes:
    """Read the notes back, which are written by `asdict`."""
    settled: dict[str, Any] = {name: [*map(_noted, it)] if isinstance(it, list) else it for name, it in values.items()}
    return WriteNotes(**settled)


def _noted(value: Any) -> Any:
    return NotedCell(**value) if isinstance(value, dict) else value
