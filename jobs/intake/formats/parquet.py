"""Parquet files: their columns as the schema names them, streamed batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobs.intake.parquet.file import opened_parquet
from jobs.intake.parquet.texts import ColumnTexts
from jobs.intake.schema_header import SCHEMA_ROW, refuse_table_options, schema_columns
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError

#: What a batch holds in memory, about.
_BATCH_BYTES = 16 << 20
_BATCH_ROWS = 4096
_NAMED = 5


class ParquetSheet:
    """A Parquet file; its first row of data is row 2, as it is when a spreadsheet program shows the table."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        refuse_table_options(path, options, "a Parquet file")
        self._path = path
        with opened_parquet(path) as file:
            names = file.schema_arrow.names
        if not names:
            raise UserError(f"{path.name} has no columns.", fix="Give a file with a table.", code="source")
        self._info = SheetInfo(
            path=path,
            format="parquet",
            sheet="",
            header_row=SCHEMA_ROW,
            columns=schema_columns(names),
        )

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows that have any text, in order."""
        with opened_parquet(self._path, coded=True) as file:
            readers = [ColumnTexts(field.type) for field in file.schema_arrow]
            yield from _rows(file, readers)
        self._info = replace(self._info, notes=self._notes(readers))

    def _notes(self, readers: Sequence[ColumnTexts]) -> tuple[str, ...]:
        headers = [column.header for column in self._info.columns]
        notes = []
        for told, what in (
            ([reader.has_bytes for reader in readers], "bytes that are no text; they are read as empty"),
            ([reader.has_mixed for reader in readers], "bytes that are not UTF-8; they were read as Windows-1252"),
        ):
            names = [f'"{header}"' for header, is_told in zip(headers, told, strict=True) if is_told]
            if names:
                shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
                notes.append(f"Column {shown} has {what}." if len(names) == 1 else f"Columns {shown} have {what}.")
        return tuple(notes)


def _rows(file: Any, readers: Sequence[ColumnTexts]) -> Iterator[Row]:
    number = SCHEMA_ROW
    for batch in file.iter_batches(batch_size=_batch_rows(file.metadata), use_threads=False):
        if all(column.null_count == batch.num_rows for column in batch.columns):
            number += batch.num_rows
            continue
        columns = [reader.read(column) for reader, column in zip(readers, batch.columns, strict=True)]
        for cells in zip(*columns, strict=True):
            number += 1
            if any(cells) and not all(map(_is_blank, cells)):
                yield Row(number, cells)


def _batch_rows(metadata: Any) -> int:
    """Give how many rows make a batch, by the sizes that the file tells of its row groups."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(widest, 1)))


def _is_blank(cell: str) -> bool:
    return not cell.strip()
