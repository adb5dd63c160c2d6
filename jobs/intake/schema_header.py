"""Sources whose columns are named by the format itself, so that no row of theirs is a header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobs.intake.header import name_columns
from jobs.sheet import Column, ReadOptions, Row
from templates.errors import UserError

#: The row that the names would be in if the table were a sheet; the first row of data is the next one.
SCHEMA_ROW = 1


def schema_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Make columns of the names, each of them a column even when its name is empty."""
    filled = Row(SCHEMA_ROW + 1, ("x",) * len(names))
    return name_columns(Row(SCHEMA_ROW, tuple(names)), (filled,))


def refuse_table_options(path: Path, options: ReadOptions, kind: str) -> None:
    """Refuse `--sheet` and `--header-row` for a kind of file (`a Parquet file`).

    Raises:
        UserError: code "sheet" or "header_row".
    """
    if options.sheet is not None:
        raise UserError(
            f'{path.name} is {kind} and has no sheets, so there is no sheet "{options.sheet}".',
            fix="Leave --sheet out.",
            code="sheet",
        )
    if options.header_row not in {None, SCHEMA_ROW}:
        raise UserError(
            f"{path.name} is {kind}, which names its columns itself: row {options.header_row} is no header.",
            fix="Leave --header-row out.",
            code="header_row",
        )
