"""Which writer gives a source back, by its format and by what it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.conversion.book import convert_book
from outputs.delimited.patch import patch_delimited
from outputs.notes import WriteNotes
from outputs.ods.patch import patch_ods
from outputs.parquet.patch import patch_parquet
from outputs.rows import Cells
from outputs.wrapped.encrypted import write_encrypted
from outputs.wrapped.zipped import write_zipped
from outputs.xlsx.patch import patch_xlsx

#: Writes a source again with the rows' cells in it; rows come ordered by their number.
Writer = Callable[[Path, Path, SheetInfo, Sequence[OutputColumn], Iterator[tuple[int, Cells]]], WriteNotes]

#: By the format of the source.
WRITERS: Mapping[str, Writer] = {
    "xlsx": patch_xlsx,
    "xls": convert_book,
    "xlsb": convert_book,
    "ods": patch_ods,
    "parquet": patch_parquet,
    "feed": convert_book,
    "csv": patch_delimited,
    "tsv": patch_delimited,
}


def write_source(
    info: SheetInfo,
    target: Path,
    columns: Sequence[OutputColumn],
    rows: Iterator[tuple[int, Cells]],
    *,
    encoding: str = "",
    password: str = "",
) -> WriteNotes:
    """Write the source again with the rows' cells in it; rows come ordered by their number.

    `encoding`: for delimited text, the one that the whole file comes back in. `password`: of an encrypted source, and
    of what comes back.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """

    def write(table: SheetInfo, made: Path) -> WriteNotes:
        if table.is_encrypted:
            return write_encrypted(table, made, password, write)
        if encoding:
            return patch_delimited(table.path, made, table, columns, rows, encoding=encoding)
        return WRITERS[table.format](table.path, made, table, columns, rows)

    return write_zipped(info, target, write) if info.member else write(info, target)
