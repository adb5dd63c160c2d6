"""The values of a Parquet column as the text that a person sees."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from jobs.intake.numbers.general import general
from jobs.intake.parquet.families import family_of
from jobs.intake.parquet.file import library
from jobs.intake.parquet.moments import PER_SECOND, day_text, elapsed_text, moment_text, time_text
from jobs.intake.text.strays import MIXED

#: Reads an array of a column as texts, "" for what is missing.
Texts = Callable[[Any], list[str]]

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
#: Prices and stock figures recur.
_KEPT_TEXTS = 8192
#: Elements that the lists of a batch may have; a few bytes can claim any number.
_MOST_ELEMENTS = 10_000_000


class ColumnTexts:
    """Reads one column, and remembers what of it is no text."""

    def __init__(self, kind: Any) -> None:
        self._pa = library()
        #: Bytes that are no text were left out.
        self.has_bytes = False
        #: Bytes that are not UTF-8 were read as Windows-1252.
        self.has_mixed = False
        self.read: Texts = self._reader(kind)

    def _reader(self, kind: Any) -> Texts:
        if isinstance(kind, self._pa.BaseExtensionType):
            return _uuids if kind.extension_name == "arrow.uuid" else partial(_stored, self._reader(kind.storage_type))
        nested: dict[str, Callable[[], Texts]] = {
            "dictionary": lambda: partial(_coded, self._reader(kind.value_type)),
            "text": lambda: self._strings,
            "bytes": lambda: self._bytes,
            "record": lambda: lambda array: [_json(value) for value in self._values(array)],
            "list": lambda: lambda array: [_joined(texts) for texts in _parted(array, self._reader(kind.value_type))],
        }
        family = family_of(kind)
        return nested[family]() if family in nested else _PLAIN[family](self._pa, kind)

    def _strings(self, array: Any) -> list[str]:
        try:
            return [text or "" for text in array.to_pylist()]
        except UnicodeDecodeError:
            self.has_mixed = True
            raw = array.cast(self._pa.large_binary()).to_pylist()
            return ["" if value is None else value.decode("utf-8", MIXED) for value in raw]

    def _bytes(self, array: Any) -> list[str]:
        return ["" if value is None else self._decoded(value) for value in array.to_pylist()]

    def _decoded(self, value: bytes) -> str:
        """Give text that a writer did not mark as such, as older ones of Hadoop do not."""
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = "\0"
        if _CONTROLS.search(text):
            self.has_bytes = True
            return ""
        return text

    def _values(self, array: Any) -> list[Any]:
        """Give what JSON can hold of an array."""
        kind = array.type
        family = family_of(kind)
        if family == "list":
            return _parted(array, self._values)
        if family == "record" and self._pa.types.is_map(kind):
            return self._maps(array)
        if family == "record":
            return self._records(array)
        if family in {"truth", "whole"}:
            return list(array.to_pylist())
        if family in {"float", "narrow float"}:
            return [value if value is None or math.isfinite(value) else None for value in array.to_pylist()]
        texts = self._reader(kind)(array)
        return [text if valid else None for text, valid in zip(texts, array.is_valid().to_pylist(), strict=True)]

    def _maps(self, array: Any) -> list[Any]:
        first, last, spans = _spans(array)
        keys = [str(key) for key in self._values(array.keys.slice(first, last - first))]
        values = self._values(array.items.slice(first, last - first))
        return [None if span is None else dict(zip(keys[span], values[span], strict=True)) for span in spans]

    def _records(self, array: Any) -> list[Any]:
        fields = [self._values(field) for field in array.flatten()]
        names = [array.type.field(index).name for index in range(array.type.num_fields)]
        return [
            dict(zip(names, values, strict=True)) if valid else None
            for valid, *values in zip(array.is_valid().to_pylist(), *fields, strict=True)
        ]


def _each(show: Callable[[Any], str], array: Any) -> list[str]:
    return ["" if value is None else show(value) for value in array.to_pylist()]


def _each_int(pa: Any, show: Callable[[int], str], array: Any) -> list[str]:
    """Show values by their whole numbers: Python's own dates end at the year 9999."""
    narrow = array.type.bit_width == 32  # noqa: PLR2004 - dates and times are of 32 or 64 bits
    return _each(show, array.view(pa.int32() if narrow else pa.int64()))


@lru_cache(maxsize=_KEPT_TEXTS)
def _float_text(value: float) -> str:
    return "" if math.isnan(value) else general(repr(value))


def _coded(inner: Texts, array: Any) -> list[str]:
    """Read the values that an array of codes uses, each once."""
    used = array.indices.unique().drop_null()
    texts = dict(zip(used.to_pylist(), inner(array.dictionary.take(used)), strict=True))
    return [texts.get(code, "") for code in array.indices.to_pylist()]


def _stored(inner: Texts, array: Any) -> list[str]:
    return inner(array.storage)


def _uuids(array: Any) -> list[str]:
    return _each(str, array)


def _parted(array: Any, read: Callable[[Any], list[Any]]) -> list[Any]:
    """Read the elements of lists all at once; None for a list that is missing."""
    if not hasattr(array, "offsets"):
        return _parted_evenly(array, read)
    first, last, spans = _spans(array)
    values = read(array.values.slice(first, last - first))
    return [None if span is None else values[span] for span in spans]


def _parted_evenly(array: Any, read: Callable[[Any], list[Any]]) -> list[Any]:
    size = array.type.list_size
    values = iter(read(array.flatten()))
    return [list(islice(values, size)) if valid else None for valid in array.is_valid().to_pylist()]


def _spans(array: Any) -> tuple[int, int, list[slice | None]]:
    """Give the first and last element that an array of lists or maps uses, and which of them each list has."""
    offsets = array.offsets.to_pylist() or [0]
    first = offsets[0]
    if offsets[-1] - first > _MOST_ELEMENTS:
        raise ValueError(f"{offsets[-1] - first:,} elements in the lists of {len(array):,} rows")
    ends = zip(array.is_valid().to_pylist(), offsets, offsets[1:], strict=False)
    return first, offsets[-1], [slice(start - first, end - first) if valid else None for valid, start, end in ends]


def _joined(texts: list[str] | None) -> str:
    return ", ".join(filter(None, texts or ()))


def _json(value: Any) -> str:
    return "" if not value else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _truth(value: object) -> str:
    return "TRUE" if value else "FALSE"


def _narrow_texts(pa: Any, array: Any) -> list[str]:
    """Show floats of 16 or 32 bits: 19.99 of 32 bits is 19.9899997711182 when it is read as one of 64."""
    texts = array.cast(pa.float32()).cast(pa.string()).to_pylist()
    return ["" if text is None or text == "nan" else general(text) for text in texts]


#: How the values of a family that is not nested are shown.
_PLAIN: Mapping[str, Callable[[Any, Any], Texts]] = {
    "truth": lambda _, __: partial(_each, _truth),
    "whole": lambda _, __: partial(_each, str),
    "float": lambda _, __: partial(_each, _float_text),
    "narrow float": lambda pa, _: partial(_narrow_texts, pa),
    "decimal": lambda _, __: partial(_each, "{:f}".format),
    "moment": lambda pa, kind: partial(_each_int, pa, moment_text(kind.unit, kind.tz)),
    "day": lambda pa, _: partial(_each_int, pa, day_text),
    "day in ms": lambda pa, _: partial(_each_int, pa, moment_text("ms", None)),
    "time": lambda pa, kind: partial(_each_int, pa, partial(time_text, per_second=PER_SECOND[kind.unit])),
    "span": lambda pa, kind: partial(_each_int, pa, partial(elapsed_text, per_second=PER_SECOND[kind.unit])),
    "other": lambda _, __: partial(_each, str),
}
