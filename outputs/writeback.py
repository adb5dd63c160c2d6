"""The user's workbook with the copy in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from jobs.intake.text.codec_names import known_encoding
from jobs.results import ItemResult
from jobs.sheet import Row, SheetInfo
from outputs.columns import OutputColumn, plan_columns
from outputs.delimited.patch import patch_delimited
from outputs.filled_cells import FilledCells
from outputs.formats import WRITERS, write_source
from outputs.notes import WriteNotes
from outputs.parquet.patch import refuse_fill
from outputs.rows import cells_by_row
from outputs.wrapped.zipped import unpacked_source
from templates.errors import UserError
from templates.fields import Template

#: Writes the source again with the rows' cells in it, as `write_source` does.
Write = Callable[..., WriteNotes]


def write_workbook(
    info: SheetInfo,
    target: Path,
    *,
    templates: Sequence[Template],
    locales: Sequence[str],
    fill: Mapping[str, str],
    results: Iterable[ItemResult],
    simulated: bool,
    earlier: Collection[str] = (),
    source_rows: Iterable[Row] | None = None,
    encoding: str = "",
    password: str = "",
    write: Write = write_source,
) -> WriteNotes:
    """Write the source again with the results in it; they come ordered by row.

    `earlier`: as for `plan_columns`. `source_rows`: the source's rows, given when only empty cells are to be filled:
    no text of theirs is written over by copy. `encoding`: of delimited text, the one that the whole file comes back in.
    `password`: of an encrypted source, and of what comes back. `write`: who does it, here or in another process.

    Raises:
        UserError: the source changed or is damaged, `fill` is wrong, or the target cannot be written.
    """
    columns = plan_columns(info, templates, locales, fill, earlier=earlier)
    rows = cells_by_row(columns, results, simulated=simulated)
    if source_rows is not None:
        rows = FilledCells(columns, source_rows).left_alone(rows)
    return write(info, target, columns, rows, encoding=encoding, password=password)


def refuse_unwritable(info: SheetInfo, columns: Sequence[OutputColumn], encoding: str = "") -> None:
    """Refuse what cannot be written as it is asked for, before anything is spent.

    Raises:
        UserError: a column of the source cannot hold text (code "fill" or "source"), or the encoding is unknown, or not
            for this format (code "encoding").
    """
    if encoding:
        _refuse_encoding(info, encoding)
    if info.format == "parquet" and any(column.existing is not None for column in columns):
        with unpacked_source(info) as table:
            refuse_fill(table, columns)


def _refuse_encoding(info: SheetInfo, encoding: str) -> None:
    known_encoding(encoding, "--encoding")
    if WRITERS[info.format] is not patch_delimited:
        raise UserError(
            f"--encoding {encoding}: {info.path.name} is no delimited text; a workbook holds every character.",
            fix="Leave --encoding out.",
            code="encoding",
        )
