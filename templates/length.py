"""How long an answer may get: `max_tokens` is set from it, never from the model's maximum."""

from __future__ import annotations

from collections.abc import Iterable

from templates.fields import Field

#: `"": , ` around a key, or `"", ` and a line break around a text of a list.
_KEY_CHARS = 6
_TEXT_CHARS = 6
#: Braces, line breaks and a code fence around the object.
_OBJECT_CHARS = 20


def most_output_characters(fields: Iterable[Field]) -> int:
    """Count the characters of the longest JSON answer that keeps the contracts of the fields."""
    return _OBJECT_CHARS + sum(
        len(field.name) + _KEY_CHARS + field.count * (field.max_chars + _TEXT_CHARS) for field in fields
    )
