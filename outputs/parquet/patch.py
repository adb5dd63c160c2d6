"""The copy inside the user's own Parquet file: the same columns and types, and ours at their right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jobs.intake.parquet.file import library, opened_parquet
from jobs.intake.refusals import told
from jobs.intake.schema_header import SCHEMA_ROW
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.notes import WriteNotes
from outputs.parquet.footer import with_our_columns, written_as
from outputs.parquet.types import filled, own_type, settled_type
from outputs.row_feed import RowFeed
from outputs.rows import Cells, CellValue
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from templates.errors import UserError

#: A row group up to this size, as the file holds it, is kept; a larger one is parted, so that memory stays flat.
_GROUP_BYTES = 64 << 20
_ROWS_AT_ONCE = 4096


def patch_parquet(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source again with the rows' cells in it; rows come ordered by their number.

    Types, compression, row groups and what the file says about itself stay. New columns are text, whole numbers for
    tokens and decimals for costs, as `costs --format parquet` has them; rows without a result have nulls.

    Raises:
        UserError: the source is gone or damaged, a column cannot hold our values, or the target cannot be written.
    """
    with opened_source(source), opened_parquet(source) as file:
        patch = _Patch.of(file.schema_arrow, info, columns)
        options = written_as(file, [field.name for field in patch.new])
    feed = RowFeed(rows)
    with whole_file(target) as out, _writer(target, out, patch.schema, options) as writer:
        for number, batch in _batches(source):
            writer.write_table(patch.group(number, batch, feed), row_group_size=batch.num_rows)
        feed.close()
        if not options["store_schema"] and patch.schema.metadata:
            # Without Arrow's own entry pyarrow leaves the others out as well.
            writer.add_key_value_metadata(patch.schema.metadata)
    return WriteNotes()


@contextmanager
def _writer(target: Path, out: IO[bytes], schema: Any, options: Mapping[str, Any]) -> Iterator[Any]:
    """Give pyarrow's writer.

    Raises:
        UserError: it cannot write what it could read.
    """
    pa = library()
    try:
        with pa.parquet.ParquetWriter(out, schema, **options) as writer:
            yield writer
    except (pa.ArrowException, NotImplementedError) as error:
        raise UserError(
            f"{target.name} cannot be written as Parquet: {told(error)}.",
            fix="Save the source as .csv or .xlsx and run that; copy that was bought is reused.",
            code="source",
        ) from error


def refuse_fill(info: SheetInfo, columns: Sequence[OutputColumn]) -> None:
    """Refuse columns that cannot hold our values, before anything is spent.

    Raises:
        UserError: code "fill" or "source".
    """
    with opened_parquet(info.path) as file:
        _Patch.of(file.schema_arrow, info, columns)


def _batches(source: Path) -> Iterator[tuple[int, Any]]:
    """Give the batches that become row groups, each with the number of its first row."""
    number = SCHEMA_ROW + 1
    with opened_parquet(source) as file:
        for group in range(file.metadata.num_row_groups):
            told = file.metadata.row_group(group)
            if not told.num_rows:
                continue
            pieces = -(-told.total_byte_size // _GROUP_BYTES)
            size = max(1, told.num_rows // max(pieces, 1))
            for batch in file.iter_batches(batch_size=size, row_groups=[group], use_threads=False):
                yield number, batch
                number += batch.num_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patch:
    """What is to be done to the batches."""

    #: Of the file that comes back.
    schema: Any
    columns: Sequence[OutputColumn]
    #: Arrow fields of the columns that the source lacks.
    new: Sequence[Any]

    @classmethod
    def of(cls, schema: Any, info: SheetInfo, columns: Sequence[OutputColumn]) -> _Patch:
        """Settle the types of all columns, given the schema of the source.

        Raises:
            UserError: a column that is there cannot hold our values.
        """
        pa = library()
        for column in columns:
            if column.existing is not None:
                present = schema.field(column.existing)
                kind = settled_type(info.path, column, present)
                schema = schema.set(column.existing, present.with_type(kind).with_nullable(True))
        new = [pa.field(column.header, own_type(column.kind)) for column in columns if column.existing is None]
        ours = [schema.field(each.existing) for each in columns if each.existing is not None and not each.users]
        metadata = with_our_columns(schema.metadata, [*ours, *new])
        return cls(schema=pa.schema([*schema, *new], metadata), columns=columns, new=new)

    def group(self, number: int, batch: Any, feed: RowFeed) -> Any:
        """Put the cells of a row group's rows into it, some at a time: as Python's objects they take more room."""
        starts = range(0, batch.num_rows, _ROWS_AT_ONCE)
        pieces = [self._piece(number + start, batch.slice(start, _ROWS_AT_ONCE), feed) for start in starts]
        return library().Table.from_batches(pieces, self.schema)

    def _piece(self, number: int, batch: Any, feed: RowFeed) -> Any:
        pa = library()
        values = _by_column(number, batch.num_rows, feed, len(self.columns))
        arrays = list(batch.columns)
        for column, cells in zip(self.columns, values, strict=True):
            if column.existing is None:
                empty = pa.nulls(batch.num_rows, own_type(column.kind))
                arrays.append(filled(empty, empty.type, cells))
            else:
                kind = self.schema.field(column.existing).type
                arrays[column.existing] = filled(arrays[column.existing], kind, cells)
        return pa.record_batch(arrays, schema=self.schema)


def _by_column(number: int, rows: int, feed: RowFeed, columns: int) -> list[list[tuple[int, CellValue]]]:
    """Take the cells of the next rows, by column: place in the batch from 0, and value."""
    values: list[list[tuple[int, CellValue]]] = [[] for _ in range(columns)]
    for place in range(rows):
        for position, value in (feed.take(number + place) or {}).items():
            values[position].append((place, value))
    return values
