"""The JSON schema of an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from templates.fields import Field
from templates.wording import limits_in_words


def json_schema(fields: Iterable[Field], *, limits: bool, only: Collection[str] | None = None) -> dict[str, Any]:
    """Describe the answer's object, its keys in the order of the fields.

    Args:
        fields: The template's fields.
        limits: True puts lengths and counts into the schema, for a tool's input or a prompt; False says them in
            the descriptions, for structured output, which takes no bounds.
        only: Names of the fields that are asked for; all of them unless given.

    Source: Bedrock user guide, structured-output, read 2026-11: `additionalProperties` must be false, no string
        lengths, no minimum or maximum.
    """
    asked = [field for field in fields if only is None or field.name in only]
    return {
        "type": "object",
        "properties": {field.name: _bounded(field) if limits else _described(field) for field in asked},
        "required": [field.name for field in asked],
        "additionalProperties": False,
    }


def _described(field: Field) -> dict[str, Any]:
    words = limits_in_words(field)
    description = words[0].upper() + words[1:]
    if field.is_list:
        return {"type": "array", "description": description, "items": {"type": "string"}}
    return {"type": "string", "description": description}


def _bounded(field: Field) -> dict[str, Any]:
    text = {"type": "string", "minLength": field.min_chars, "maxLength": field.max_chars}
    if not field.is_list:
        return text
    return {
        "type": "array",
        "items": text,
        "minItems": min(field.min_count, field.count),
        "maxItems": field.count,
    }
