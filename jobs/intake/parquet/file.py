"""Parquet files, opened within limits; pyarrow is an extra and imported only when one comes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.refusals import told
from templates.errors import UserError

#: Rows that a file may claim; a few bytes can claim any number.
MOST_ROWS = 20_000_000
#: A column is read a buffer at a time, not a row group at a time.
_STREAMED = {"pre_buffer": False, "buffer_size": 1 << 20, "page_checksum_verification": True}
#: What the rows of a row group may take each, on average.
_MOST_ROW_BYTES = 64 << 20
#: A column of a row group below this size costs little however it is read.
_SMALL_BYTES = 1 << 20
#: More than the code of a value takes, less than most texts do.
_CODE_BYTES = 8
_SAVE_AGAIN = "Write it again with the program that made it, or save the table as .csv or .xlsx."


def library() -> Any:
    """Give pyarrow.

    Raises:
        UserError: it is not installed (code "extra").
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError(
            "Parquet needs pyarrow, which is not installed.",
            fix="Run `pip install 'skuscribe[parquet]'`, or save the table as .csv or .xlsx.",
            code="extra",
        ) from error
    return pa


@contextmanager
def opened_parquet(path: Path, *, coded: bool = False) -> Iterator[Any]:
    """Open a file as pyarrow's `ParquetFile`.

    `coded`: texts that the file stores as dictionaries come as such, so that a long one that it names once and repeats
    a million times is one object.

    Raises:
        UserError: the file is damaged, encrypted, or claims more than any table has (code "source", "encrypted").
    """
    pa = library()
    with _told_to_the_user(path, pa):
        with pa.parquet.ParquetFile(path, **_STREAMED) as file:
            _refuse_claims(path, file.metadata)
            names = _coded_texts(file, pa) if coded else []
            if not names:
                yield file
                return
        with pa.parquet.ParquetFile(path, **_STREAMED, read_dictionary=names) as file:
            yield file


def _coded_texts(file: Any, pa: Any) -> list[str]:
    """Name the text columns that the file stores as dictionaries throughout.

    A column whose dictionary grew too large goes on as plain text; to read that one as a dictionary costs its memory
    over again, and the sizes tell: codes take a few bytes a row, whatever the texts are.
    """
    if not file.metadata.num_row_groups:
        return []
    # Of a damaged column pyarrow's reader says so, but its metadata ends the process: so a row is read before.
    next(file.iter_batches(batch_size=1, row_groups=[0], use_threads=False), None)
    group = file.metadata.row_group(0)
    texts = {field.name for field in file.schema_arrow if pa.types.is_string(field.type)}
    return [
        chunk.path_in_schema
        for chunk in map(group.column, range(group.num_columns))
        if chunk.path_in_schema in texts
        and chunk.has_dictionary_page
        and (
            chunk.total_uncompressed_size < _SMALL_BYTES
            or chunk.total_uncompressed_size < chunk.num_values * _CODE_BYTES
        )
    ]


def _refuse_claims(path: Path, metadata: Any) -> None:
    for count, most, what in ((metadata.num_rows, MOST_ROWS, "rows"), (metadata.num_columns, MOST_COLUMNS, "columns")):
        if not 0 <= count <= most:
            raise UserError(
                f"{path.name} says that it has {count:,} {what}; {most:,} are read at most.",
                fix="Split the table into several files.",
                code="source",
            )
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        if group.total_byte_size > max(group.num_rows, 1) * _MOST_ROW_BYTES:
            raise UserError(
                f"{path.name} says that it has rows of more than {_MOST_ROW_BYTES >> 20} MB.",
                fix="Leave out the column that holds such cells, or save the table as .csv.",
                code="source",
            )


@contextmanager
def _told_to_the_user(path: Path, pa: Any) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(
            f"{path.name} needs more memory than there is: a cell or a page of it is too large.",
            fix="Write it with smaller pages and row groups, or save the table as .csv.",
            code="source",
        ) from error
    except (OSError, pa.ArrowException, ValueError, ArithmeticError, LookupError, RuntimeError, TypeError) as error:
        if isinstance(error, OSError) and error.errno:
            why = os.strerror(error.errno)
            raise UserError(
                f"{path} cannot be read: {why}.", fix="Check the disk or the share.", code="source"
            ) from error
        if "crypt" in str(error).casefold():
            raise UserError(
                f"{path.name} is encrypted.", fix="Write a copy of it without encryption.", code="encrypted"
            ) from error
        raise UserError(
            f"{path.name} is damaged: it is not a whole Parquet file ({told(error)}).", fix=_SAVE_AGAIN, code="source"
        ) from error
