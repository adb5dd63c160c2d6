"""The user's workbook with the copy in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from jobs.results import ItemResult
from jobs.sheet import SheetInfo
from outputs.columns import plan_columns
from outputs.delimited_patch import patch_delimited
from outputs.notes import WriteNotes
from outputs.rows import cells_by_row
from outputs.xlsx_patch import patch_xlsx
from templates.fields import Template


def write_workbook(
    info: SheetInfo,
    target: Path,
    *,
    templates: Sequence[Template],
    locales: Sequence[str],
    fill: Mapping[str, str],
    results: Iterable[ItemResult],
    simulated: bool,
) -> WriteNotes:
    """Write the source again with the results in it; they come ordered by row.

    Raises:
        UserError: the source changed or is damaged, `fill` is wrong, or the target cannot be written.
    """
    columns = plan_columns(info, templates, locales, fill)
    rows = cells_by_row(columns, results, simulated=simulated)
    patch = patch_xlsx if info.format == "xlsx" else patch_delimited
    return patch(info.path, target, info, columns, rows)
