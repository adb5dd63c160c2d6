"""The subset of JSON Schema that structured output compiles.

Source: Bedrock user guide, structured-output, read 2026-10: draft 2020-12 without recursion, bounds of numbers or
lengths of texts, and `additionalProperties` false in every object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.simulator.errors import invalid

_REFUSED = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength")
_REFUSED_IN_ARRAYS = ("maxItems", "uniqueItems")


def check_structured_schema(schema: Any, where: str = "$") -> None:
    """Refuse a schema that Bedrock would not compile.

    Raises:
        ServiceError: it is outside the subset.
    """
    if not isinstance(schema, Mapping):
        raise invalid(f"The JSON schema is invalid at {where}: it must be an object.")
    for keyword in _REFUSED + _REFUSED_IN_ARRAYS:
        if keyword in schema:
            raise invalid(f"The JSON schema is invalid at {where}: the property '{keyword}' is not supported.")
    if schema.get("minItems", 0) not in (0, 1):
        raise invalid(f"The JSON schema is invalid at {where}: 'minItems' may only be 0 or 1.")
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise invalid(f"The JSON schema is invalid at {where}: 'additionalProperties' must be set to false.")
        for name, part in (schema.get("properties") or {}).items():
            check_structured_schema(part, f"{where}.{name}")
    if "items" in schema:
        check_structured_schema(schema["items"], f"{where}[]")
