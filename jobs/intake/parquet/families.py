"""Families of Arrow types whose values are read alike."""

from __future__ import annotations

from typing import Any

from jobs.intake.parquet.file import library

#: Names of pyarrow's own tests of a type, by family; the first that holds tells it.
_TESTS = {
    "dictionary": ("is_dictionary",),
    "text": ("is_string", "is_large_string", "is_string_view"),
    "bytes": ("is_binary", "is_large_binary", "is_fixed_size_binary", "is_binary_view"),
    "record": ("is_struct", "is_map"),
    "list": ("is_list", "is_large_list", "is_fixed_size_list"),
    "truth": ("is_boolean",),
    "whole": ("is_integer",),
    "float": ("is_float64",),
    "narrow float": ("is_floating",),
    "decimal": ("is_decimal",),
    "moment": ("is_timestamp",),
    "day": ("is_date32",),
    "day in ms": ("is_date64",),
    "time": ("is_time",),
    "span": ("is_duration",),
}


def family_of(kind: Any) -> str:
    """Name the family of a type, `other` when it has none."""
    types = library().types
    return next((name for name, tests in _TESTS.items() if any(getattr(types, each)(kind) for each in tests)), "other")


def is_text(kind: Any) -> bool:
    """Whether a column holds text, coded as a dictionary or not."""
    family = family_of(kind)
    return family == "text" or (family == "dictionary" and family_of(kind.value_type) == "text")
