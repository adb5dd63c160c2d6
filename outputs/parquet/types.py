"""Which type a column of ours has in a Parquet file, and its values as that type holds them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobs.intake.parquet.families import family_of, is_text
from jobs.intake.parquet.file import library
from jobs.money import plain
from outputs.columns import ColumnKind, OutputColumn
from outputs.rows import CellValue
from templates.errors import UserError

_COUNTS = {ColumnKind.INPUT_TOKENS, ColumnKind.OUTPUT_TOKENS}
#: Digits of an amount, and those after the point: the store keeps 10⁻¹² USD.
_DIGITS, _PLACES = 38, 12


def own_type(kind: ColumnKind) -> Any:
    """Give the type of a new column: counts are whole numbers, costs decimals that add up to the last digit."""
    pa = library()
    if kind in _COUNTS:
        return pa.int64()
    return pa.decimal128(_DIGITS, _PLACES) if kind is ColumnKind.COST else pa.string()


def settled_type(path: Path, column: OutputColumn, field: Any) -> Any:
    """Give the type that a column of the file, given as its Arrow field, has once our values are in it.

    A column of the user's keeps its own; one of an earlier run may have become narrower in another program's hands.

    Raises:
        UserError: it cannot hold our values (code "fill" for a column of the user's, else "source").
    """
    present = field.type
    if is_text(present):
        return present
    if column.users:
        raise UserError(
            f'--fill: the column "{field.name}" of {path.name} holds {present}, not text, so no copy fits in it.',
            fix="Fill a column of text, or leave --fill out: the copy gets a column of its own.",
            code="fill",
        )
    wanted = own_type(column.kind)
    is_number = family_of(present) in {"whole", "float", "narrow float", "decimal"}
    if family_of(present) == "other" or (is_number and family_of(wanted) != "text"):
        return library().float64() if "float" in family_of(present) else wanted
    raise UserError(
        f'{path.name}: the column "{field.name}" of an earlier run holds {present} now, which our values are not.',
        fix="Rename that column, or leave it out.",
        code="source",
    )


def filled(array: Any, kind: Any, cells: Sequence[tuple[int, CellValue]]) -> Any:
    """Give a column with some of its values replaced, by their place from 0."""
    pa = library()
    if array.type != kind:
        array = array.cast(kind)
    if not cells:
        return array
    values = array.to_pylist()
    for place, value in cells:
        values[place] = held(value, kind)
    if family_of(kind) == "dictionary":
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def held(value: CellValue, kind: Any) -> Any:
    """Give a value as a type holds it; half a surrogate pair, which UTF-8 cannot write, becomes `?`."""
    if value is None:
        return None
    family = family_of(kind)
    if family == "whole":
        return int(value)
    if family == "decimal":
        return Decimal(value).quantize(Decimal(1).scaleb(-kind.scale))
    if family == "float":
        return float(value)
    text = plain(value) if isinstance(value, Decimal) else str(value)
    return text.encode("utf-8", "replace").decode()
