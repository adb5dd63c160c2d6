"""Columns as a person names them in an option: `--key SKU`, `--map title=F`, `--fill "SEO title=Meta title"`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.intake.letters import column_index
from jobs.intake.names import plain_name
from jobs.sheet import Column
from templates.errors import UserError, nearest


def find_column(columns: Sequence[Column], wanted: str) -> Column | None:
    """Find a column by its header, else by its letter."""
    for spelling in (str.strip, str.casefold, plain_name):
        for column in columns:
            if wanted.strip() and spelling(column.header) == spelling(wanted.strip()) != "":
                return column
    index = column_index(wanted.strip())
    return next((column for column in columns if column.index == index), None)


def told_column(columns: Sequence[Column], wanted: str, *, option: str, told: str) -> Column:
    """Find the column that an option names; `told` is all that the option was given.

    Raises:
        UserError: the sheet has no such column (the option's own code).
    """
    column = find_column(columns, wanted)
    if column is None:
        raise UserError(
            f'--{option} {told}: the sheet has no column "{wanted}".'
            f"{nearest(wanted, [column.header for column in columns])}",
            fix="Give a column by its header as the sheet has it, or by its letter.",
            code=option,
        )
    return column


def told_pairs(texts: Iterable[str], *, option: str, noun: str, example: str) -> dict[str, str]:
    """Read texts of the form `FIELD=COLUMN`.

    Raises:
        UserError: one is not of that form, or gives a second column to the same name (the option's own code).
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, column = (part.strip() for part in text.partition("="))
        if not (name and equals and column):
            raise UserError(
                f'--{option} "{text}" is not of the form {noun}=COLUMN.',
                fix=f"Write for example {example}.",
                code=option,
            )
        if pairs.get(name, column) != column:
            raise UserError(
                f'--{option} gives "{name}" two columns: "{pairs[name]}" and "{column}".',
                fix="Keep one of them.",
                code=option,
            )
        pairs[name] = column
    return pairs
