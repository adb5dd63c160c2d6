"""The user's workbook with the copy in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jobs.intake.text.codec_names import known_encoding
from jobs.results import ItemResult
from jobs.sheet import Row, SheetInfo
from outputs.columns import OutputColumn, plan_columns
from outputs.conversion.book import convert_book
from outputs.delimited.patch import patch_delimited
from outputs.filled_cells import FilledCells
from outputs.notes import WriteNotes
from outputs.ods.patch import patch_ods
from outputs.parquet.patch import patch_parquet, refuse_fill
from outputs.rows import Cells, cells_by_row
from outputs.wrapped.encrypted import write_encrypted
from outputs.wrapped.zipped import unpacked_source, write_zipped
from outputs.xlsx.patch import patch_xlsx
from templates.errors import UserError
from templates.fields import Template

#: Writes a source again with the rows' cells in it; rows come ordered by their number.
Writer = Callable[[Path, Path, SheetInfo, Sequence[OutputColumn], Iterator[tuple[int, Cells]]], WriteNotes]

#: By the format of the source.
_WRITERS: Mapping[str, Writer] = {
    "xlsx": patch_xlsx,
    "xls": convert_book,
    "xlsb": convert_book,
    "ods": patch_ods,
    "parquet": patch_parquet,
    "feed": convert_book,
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
    encoding: str = "",
    password: str = "",
) -> WriteNotes:
    """Write the source again with the results in it; they come ordered by row.

    `earlier`: as for `plan_columns`. `source_rows`: the source's rows, given when only empty cells are to be filled:
    no text of theirs is written over by copy. `encoding`: of delimited text, the one that the whole file comes back in.
    `password`: of an encrypted source, and of what comes back.

    Raises:
        UserError: the source changed or is damaged, `fill` is wrong, or the target cannot be written.
    """
    columns = plan_columns(info, templates, locales, fill, earlier=earlier)
    rows = cells_by_row(columns, results, simulated=simulated)
    if source_rows is not None:
        rows = FilledCells(columns, source_rows).left_alone(rows)

    def write(table: SheetInfo, made: Path) -> WriteNotes:
        if table.is_encrypted:
            return write_encrypted(table, made, password, write)
        if encoding:
            return patch_delimited(table.path, made, table, columns, rows, encoding=encoding)
        return _WRITERS[table.format](table.path, made, table, columns, rows)

    return write_zipped(info, target, write) if info.member else write(info, target)


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
    if _WRITERS[info.format] is not patch_delimited:
        raise UserError(
            f"--encoding {encoding}: {info.path.name} is no delimited text; a workbook holds every character.",
            fix="Leave --encoding out.",
            code="encoding",
        )
