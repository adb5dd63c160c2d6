"""Which column is checked against which limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.intake.grouped.platforms import find_platform
from jobs.intake.mapping import OWN_PREFIX
from jobs.intake.names import plain_name
from jobs.intake.told_columns import told_column, told_pairs
from jobs.sheet import Column, SheetInfo
from templates.errors import UserError, nearest
from templates.fields import Template
from templates.limits import Limit, limit_of_field, platform_limits

#: What write-back adds to a title, and what feeds put before one.
_ASIDE = re.compile(r"\s*\((?:new(?: \d+)?)\)\s*$|\s*\[[A-Za-z]{2,3}(?:-\w+)*\]\s*$|^\s*g:")
#: A listing without its platform's other columns is known by one of these.
_MARKS = {"itemsku": "amazon", "structuredtitle": "google", "structureddescription": "google"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A column with the limit that it is checked against."""

    column: Column
    limit: Limit


def platform_of(info: SheetInfo) -> str:
    """Name the platform that a sheet comes from, "" for a sheet of one's own."""
    platform = find_platform(info.columns)
    if platform:
        return platform.name
    return next((_MARKS[name] for name in map(_name, info.columns) if name in _MARKS), "")


def choose(info: SheetInfo, *, platform: str, templates: Sequence[Template], told: Mapping[str, str]) -> list[Choice]:
    """Choose the checks in the order of the columns: what was told, then the templates' fields, then the platforms'.

    `platform`: its limits hold, and those that belong to none. `told`: field or limit -> column.

    Raises:
        UserError: `told` names a field, a limit or a column that there is not (code "check").
    """
    own = [limit_of_field(field, template.name) for template in templates for field in template.fields]
    shipped = [limit for limit in platform_limits().values() if limit.platform in ("", platform)]
    ranked = [*own, *sorted(shipped, key=lambda limit: not limit.platform)]
    found = dict(_told(info, told, own))
    by_name: dict[str, Limit] = {}
    for limit in ranked:
        for header in limit.columns:
            by_name.setdefault(plain_name(header), limit)
    for column in info.columns:
        name = _name(column)
        if name in by_name and column.index not in found and not column.header.casefold().startswith(OWN_PREFIX):
            found[column.index] = by_name[name]
    columns = {column.index: column for column in info.columns}
    return [Choice(column=columns[index], limit=found[index]) for index in sorted(found)]


def _name(column: Column) -> str:
    return plain_name(_ASIDE.sub("", column.raw))


def _told(info: SheetInfo, told: Mapping[str, str], own: Sequence[Limit]) -> Iterable[tuple[int, Limit]]:
    limits = [*own, *platform_limits().values()]
    by_name: dict[str, Limit] = {}
    for limit in limits:
        for name in (limit.name, limit.name.rpartition(".")[2], limit.label):
            by_name.setdefault(plain_name(name), limit)
    for wanted, place in told.items():
        chosen = by_name.get(plain_name(wanted))
        if chosen is None:
            names = [limit.name for limit in limits]
            raise UserError(
                f'--check {wanted}={place}: there is no limit or field "{wanted}".{nearest(wanted, names)}',
                fix=f"Name a field of a --template, or one of: {', '.join(names)}.",
                code="check",
            )
        column = told_column(info.columns, place, option="check", told=f"{wanted}={place}")
        yield column.index, chosen


def parse_checks(texts: Sequence[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` texts.

    Raises:
        UserError: one is not of that form, or gives a field two columns (code "check").
    """
    return told_pairs(texts, option="check", noun="FIELD", example='--check seo-title="Meta title"')
