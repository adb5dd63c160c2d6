"""The `[fields.<name>]` tables of a template.toml."""

from __future__ import annotations

import re

from templates.errors import nearest
from templates.fields import LIST_ROLES, ROLES, Field
from templates.strict_toml import Table

#: A spreadsheet cell holds 32,767 characters.
_MOST_CHARS = 32_000
_MOST_COUNT = 100
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_fields(template: Table) -> tuple[Field, ...]:
    """Read the fields; problems are noted with the table."""
    fields = tuple(_field(name, table) for name, table in template.tables("fields").items())
    if not fields:
        template.note("fields", "has no field: say what is to be written")
    _note_shared_roles(fields, template)
    seen: dict[str, str] = {}
    for field in fields:
        for header in _headers(field):
            if header.casefold() in seen:
                template.note(
                    "", f'fields.{seen[header.casefold()]} and fields.{field.name} share the column "{header}"'
                )
            seen[header.casefold()] = field.name
    return fields


def _field(name: str, table: Table) -> Field:
    if not _NAME.fullmatch(name):
        table.note("", 'a field is named in small letters, digits and "_", a letter first')
    count = table.whole("count", least=1, most=_MOST_COUNT, default=1)
    title = table.text("title") or name.replace("_", " ").capitalize()
    field = Field(
        name=name,
        title=title,
        brief=table.text("brief") or title,
        count=count,
        min_count=table.whole("min_count", least=1, most=_MOST_COUNT, default=count),
        max_chars=table.whole("max_chars", least=1, most=_MOST_CHARS, default=_MOST_CHARS, needed=True),
        min_chars=table.whole("min_chars", least=1, most=_MOST_CHARS, default=1),
        min_words=table.whole("min_words", least=0, most=_MOST_CHARS, default=0),
        max_words=table.whole("max_words", least=0, most=_MOST_CHARS, default=0),
        distinct=table.flag("distinct"),
        multiline=table.flag("multiline"),
        html=table.flag("html"),
        banned_chars=table.characters("banned_chars"),
        banned_words=table.texts("banned_words"),
        max_word_repeats=table.whole("max_word_repeats", least=0, most=_MOST_CHARS, default=0),
        source=table.text("source"),
        role=table.text("role"),
    )
    table.close()
    _note_contradictions(field, table)
    return field


def _note_contradictions(field: Field, table: Table) -> None:
    if field.min_count > field.count:
        table.note("min_count", f"is {field.min_count}, more than count, {field.count}")
    if field.min_chars > field.max_chars:
        table.note("min_chars", f"is {field.min_chars}, more than max_chars, {field.max_chars}")
    if field.max_words and field.min_words > field.max_words:
        table.note("min_words", f"is {field.min_words}, more than max_words, {field.max_words}")
    if 2 * field.min_words - 1 > field.max_chars:
        table.note("min_words", f"is {field.min_words}, which do not fit into max_chars, {field.max_chars}")
    if field.distinct and not field.is_list:
        table.note("distinct", "needs a count above 1")
    if any(character.isalnum() or character.isspace() for character in field.banned_chars):
        table.note("banned_chars", "must have no letters, digits or spaces")
    if field.role and field.role not in ROLES:
        table.note("role", f'is "{field.role}", not one of {", ".join(ROLES)}.{nearest(field.role, ROLES)}')
    elif field.is_list and field.role and field.role not in LIST_ROLES:
        table.note("role", f'is "{field.role}", which is one text, and count is {field.count}')


def _note_shared_roles(fields: tuple[Field, ...], template: Table) -> None:
    owner: dict[str, str] = {}
    for field in fields:
        if field.role in owner:
            template.note("", f'fields.{owner[field.role]} and fields.{field.name} share the role "{field.role}"')
        elif field.role:
            owner[field.role] = field.name


def _headers(field: Field) -> list[str]:
    return [f"{field.title} {each}" for each in range(1, field.count + 1)] if field.is_list else [field.title]
