"""What a Parquet file says about itself besides its rows, for a file that is like it with a few columns more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from jobs.intake.parquet.families import family_of
from jobs.intake.parquet.file import library

_ARROW_SCHEMA = b"ARROW:schema"
#: pandas lists its columns and their types here. Source: pandas, "Storing pandas DataFrame objects in Apache Parquet
#: format", https://pandas.pydata.org/docs/development/developer.html
_PANDAS = b"pandas"
#: Spark believes this list more than the file's own schema, so that columns which it lacks are not there for Spark.
#: Source: apache/spark, `ParquetFileFormat.readSchemaFromFooter`.
_SPARK = b"org.apache.spark.sql.parquet.row.metadata"
_VERSIONS = {"1.0", "2.4", "2.6"}
_DEFAULT_VERSION = "2.6"


def with_our_columns(metadata: Mapping[bytes, bytes] | None, ours: Sequence[Any]) -> dict[bytes, bytes] | None:
    """Add columns of ours, given as Arrow fields, to the lists that pandas and Spark keep; the rest stays as it is."""
    if metadata is None:
        return None
    kept = dict(metadata)
    for key, list_name, entry_of in ((_PANDAS, "columns", _pandas_entry), (_SPARK, "fields", _spark_entry)):
        # Whatever else stands there is the user's, and stays.
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            told = json.loads(kept[key])
            new = {field.name: entry_of(field) for field in ours}
            entries = [new.pop(_column(entry), entry) for entry in told[list_name]]
            kept[key] = json.dumps(told | {list_name: [*entries, *new.values()]}).encode()
    return kept


def _column(entry: Mapping[str, Any]) -> str:
    """Give the column that an entry is about; an index of pandas may have no name of its own."""
    return str(entry.get("field_name") or entry["name"])


def _pandas_entry(field: Any) -> dict[str, Any]:
    """Describe a column to pandas: counts as `Int64`, which can be missing, so that no count becomes a float."""
    family = family_of(field.type)
    kinds = {"whole": ("int64", "Int64"), "float": ("float64", "float64"), "decimal": ("decimal", "object")}
    pandas_type, numpy_type = kinds.get(family, ("unicode", "object"))
    more = {"precision": field.type.precision, "scale": field.type.scale} if family == "decimal" else None
    names = {"name": field.name, "field_name": field.name}
    return names | {"pandas_type": pandas_type, "numpy_type": numpy_type, "metadata": more}


def _spark_entry(field: Any) -> dict[str, Any]:
    family = family_of(field.type)
    kinds = {"whole": "long", "float": "double"}
    kind = f"decimal({field.type.precision},{field.type.scale})" if family == "decimal" else kinds.get(family, "string")
    return {"name": field.name, "type": kind, "nullable": True, "metadata": {}}


def written_as(file: Any, names: Sequence[str]) -> dict[str, Any]:
    """Give the options of pyarrow's writer that make a file like an opened one.

    `names`: the columns that the file lacks. Encodings, page sizes and bloom filters are the writer's own.
    """
    metadata = file.metadata
    options: dict[str, Any] = {
        "version": metadata.format_version if metadata.format_version in _VERSIONS else _DEFAULT_VERSION,
        "store_schema": _ARROW_SCHEMA in (metadata.metadata or {}),
    }
    if not metadata.num_row_groups:
        return options
    group = metadata.row_group(0)
    chunks = [group.column(index) for index in range(group.num_columns)]
    codecs = {chunk.path_in_schema: _codec(chunk.compression) for chunk in chunks}
    usual = Counter(codecs.values()).most_common(1)[0][0]
    coded = [chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page]
    return options | {
        "compression": codecs | dict.fromkeys(names, usual),
        "use_dictionary": [*coded, *names],
        "write_statistics": any(chunk.is_stats_set for chunk in chunks),
        "write_page_index": any(chunk.has_offset_index for chunk in chunks),
        "use_deprecated_int96_timestamps": any(chunk.physical_type == "INT96" for chunk in chunks),
        "use_compliant_nested_type": not any(".list.item" in chunk.path_in_schema for chunk in chunks),
        "sorting_columns": _sorting(group),
    }


def _codec(name: str) -> str:
    return {"UNCOMPRESSED": "NONE"}.get(name, name)


def _sorting(group: Any) -> Any:
    columns = [each for each in group.sorting_columns if isinstance(each, library().parquet.SortingColumn)]
    return columns or None
