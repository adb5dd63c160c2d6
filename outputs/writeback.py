"""The user's workbook with the copy in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jobs.results import ItemResult
from jobs.sheet import Row, SheetInfo
from outputs.columns import OutputColumn, plan_columns
from outputs.delimited_patch import patch_delimited
from outputs.filled_cells import FilledCells
from outputs.notes import WriteNotes
from outputs.rows import Cells, cells_by_row
from outputs.xlsx_patch import patch_xlsx
from templates.fields import Template

#: Writes a source again with the rows' cells in it; rows come ordered by their number.
Writer = Callable[[Path, Path, SheetInfo, Sequence[OutputColumn], Iterator[tuple[int, Cells]]], WriteNotes]

#: By the format of the source.
_WRITERS: Mapping[str, Writer] = {
    "xlsx": patch_xlsx,
    "csv": patch_delimited,
    "tsv": patch_delimited,
}


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
) -> WriteNotes:
    """Write the source again with the results in it; they come ordered by row.

    `earlier`: as for `plan_columns`. `source_rows`: the source's rows, given when only empty cells are to be filled:
    no text of theirs is written over by copy.

    Raises:
        UserError: the source changed or is damaged, `fill` is wrong, or the target cannot be written.
    """
    columns = plan_columns(info, templates, locales, fill, earlier=earlier)
    rows = cells_by_row(columns, results, simulated=simulated)
    if source_rows is not None:
        rows = FilledCells(columns, source_rows).left_alone(rows)
    return _WRITERS[info.format](info.path, target, info, columns, rows)
