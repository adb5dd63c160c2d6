"""A field's contract in words, for prompts and schemas."""

from __future__ import annotations

from templates.fields import Field


def limits_in_words(field: Field) -> str:
    """Say a field's limits: `a list of exactly 15 texts, at most 30 characters each, all different, …`."""
    each = " each" if field.is_list else ""
    parts = [_shape(field), f"at most {field.max_chars} characters{each}"]
    if field.min_chars > 1:
        parts.append(f"at least {field.min_chars} characters{each}")
    if field.min_words or field.max_words:
        parts.append(_words(field) + each)
    if field.distinct and field.is_list:
        parts.append("all different")
    if field.max_word_repeats:
        parts.append(f"no word more than {_times(field.max_word_repeats)}")
    parts.append("line breaks allowed" if field.multiline else "no line breaks")
    parts.append("HTML allowed" if field.html else "no HTML")
    if field.banned_chars:
        parts.append("none of the characters " + " ".join(field.banned_chars))
    if field.banned_words:
        parts.append("none of the words " + ", ".join(f'"{word}"' for word in field.banned_words))
    return ", ".join(parts)


def _shape(field: Field) -> str:
    if not field.is_list:
        return "text"
    least = min(field.min_count, field.count)
    return (
        f"a list of exactly {field.count} texts"
        if least == field.count
        else f"a list of {least} to {field.count} texts"
    )


def _words(field: Field) -> str:
    if not field.max_words:
        return f"at least {field.min_words} words"
    if not field.min_words:
        return f"at most {field.max_words} words"
    return f"{field.min_words} to {field.max_words} words"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
