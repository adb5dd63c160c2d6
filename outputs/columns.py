"""Which columns the copy goes to: new ones at the right of the sheet, our own of an earlier run, or the user's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter

from jobs.sheet import SheetInfo
from outputs.fill import chosen_by_fill
from templates.fields import Field, Template


class ColumnKind(StrEnum):
    """What a column of ours holds."""

    FIELD = "field"
    STATUS = "status"
    NOTES = "notes"
    MODEL = "model"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    COST = "cost"


#: The columns after the fields, in their order in the sheet.
TAIL = {
    ColumnKind.STATUS: "Skuscribe status",
    ColumnKind.NOTES: "Skuscribe notes",
    ColumnKind.MODEL: "Skuscribe model",
    ColumnKind.INPUT_TOKENS: "Skuscribe input tokens",
    ColumnKind.OUTPUT_TOKENS: "Skuscribe output tokens",
    ColumnKind.COST: "Skuscribe cost (USD)",
}

_NEW_FORM = re.compile(r" \(new(?: \d+)?\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumn:
    """One column that write-back fills; cells of a row are keyed by its position in the plan."""

    kind: ColumnKind
    header: str
    #: Sheet column from 0 that is filled in place; None: a new column at the right of the sheet.
    existing: int | None = None
    #: The existing column is the user's, chosen by `--fill`: never blanked.
    users: bool = False
    #: `name@version`, locale and field name of the copy; "" but for kind FIELD.
    template: str = ""
    locale: str = ""
    field: str = ""
    #: Which text of a field with a count, from 0; None for a plain field.
    part: int | None = None


def plan_columns(
    info: SheetInfo,
    templates: Sequence[Template],
    locales: Sequence[str],
    fill: Mapping[str, str],
    *,
    earlier: Collection[str] = (),
) -> list[OutputColumn]:
    """Plan every column of the copy and of its accounts.

    `earlier`: headers that earlier jobs wrote into this catalogue, from `planned_headers`; they are stepped over when
    our columns are looked for beside the `Skuscribe …` ones.

    Raises:
        UserError: `fill` names a field or a column that does not exist (code "fill").
    """
    planned = _fields(templates, [locale for locale in locales if locale])
    by_user = chosen_by_fill(info, {column.header: _names(column, templates) for column in planned}, fill)
    ours = _written_earlier(info, [column for column in planned if column.header not in by_user], earlier)
    taken = {column.raw.strip().casefold() for column in info.columns}
    placed = []
    for column in planned:
        if column.header in by_user:
            placed.append(replace(column, existing=by_user[column.header], users=True))
        elif column.header in ours:
            place = ours[column.header]
            placed.append(replace(column, existing=place, header=_raw(info, place)))
        else:
            placed.append(replace(column, header=_free(column.header, taken)))
    return placed + _tail(info)


def planned_headers(templates: Sequence[Template], locales: Sequence[str]) -> list[str]:
    """Give the field headers of a job as they are when the sheet has none of that name."""
    return [column.header for column in _fields(templates, [locale for locale in locales if locale])]


def _fields(templates: Sequence[Template], locales: Sequence[str]) -> list[OutputColumn]:
    bases = _distinct_titles(templates)
    return [
        OutputColumn(
            kind=ColumnKind.FIELD,
            header=f"{title} [{locale}]" if locale else title,
            template=template.ref,
            locale=locale,
            field=field.name,
            part=part,
        )
        for template in templates
        for locale in locales or [""]
        for field in template.fields
        for part, title in zip(_parts(field), bases[template.ref, field.name], strict=True)
    ]


def _parts(field: Field) -> list[int | None]:
    return list(range(field.count)) if field.is_list else [None]


def _titles(field: Field) -> list[str]:
    return [f"{field.title} {n + 1}" for n in range(field.count)] if field.is_list else [field.title]


def _distinct_titles(templates: Sequence[Template]) -> dict[tuple[str, str], list[str]]:
    """Name the columns of each field; a title that occurs twice gets its template's title, then its reference."""
    cells = [
        (template, field, title) for template in templates for field in template.fields for title in _titles(field)
    ]
    names = [title for _, _, title in cells]
    for suffix in (attrgetter("title"), attrgetter("ref")):
        often = Counter(name.casefold() for name in names)
        names = [
            f"{title} ({suffix(template)})" if often[name.casefold()] > 1 else name
            for name, (template, _, title) in zip(names, cells, strict=True)
        ]
    found: dict[tuple[str, str], list[str]] = {}
    taken: set[str] = set()
    for name, (template, field, _) in zip(names, cells, strict=True):
        found.setdefault((template.ref, field.name), []).append(_numbered(name, taken))
    return found


def _numbered(name: str, taken: set[str]) -> str:
    distinct, n = name, 1
    while distinct.casefold() in taken:
        n += 1
        distinct = f"{name} ({n})"
    taken.add(distinct.casefold())
    return distinct


def _names(column: OutputColumn, templates: Sequence[Template]) -> set[str]:
    """All that `--fill` may call a column: its header, its field's name or title, with its template's name or not."""
    template = next(template for template in templates if template.ref == column.template)
    field = next(field for field in template.fields if field.name == column.field)
    words = {field.name, field.title}
    words |= {f"{template.name}.{word}" for word in words}
    return {column.header} | words | {f"{word} [{column.locale}]" for word in words if column.locale}


def _written_earlier(info: SheetInfo, planned: Sequence[OutputColumn], earlier: Collection[str]) -> dict[str, int]:
    """Find the columns that an earlier run wrote: planned header -> sheet column.

    An earlier run left its `Skuscribe …` columns, and its fields directly left of them, or right of them when a later
    run added fields. So from there outwards: headers that are planned, each once and in the plan's order, are ours; the
    first other header ends it. A column of the user's of the same name further off is not taken.
    """
    headers = {column.index: column.raw.strip() for column in info.columns}
    anchors = [index for index, header in headers.items() if header in TAIL.values()]
    if not anchors:
        return {}
    order = [column.header for column in planned]
    known = {*earlier}
    found: dict[str, int] = {}
    for step, start in ((-1, min(anchors)), (1, max(anchors))):
        found |= _walk(headers, start, step, [header for header in order if header not in found], known)
    return found


def _walk(
    headers: Mapping[int, str], start: int, step: int, order: Sequence[str], known: Collection[str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    left = list(order)
    index = start + step
    while index in headers:
        header = _NEW_FORM.sub("", headers[index])
        if header in left:
            found[header] = index
            at = left.index(header)
            left = left[:at] if step < 0 else left[at + 1 :]
        elif header not in known or header in found:
            break
        index += step
    return found


def _raw(info: SheetInfo, index: int) -> str:
    return next(column.raw for column in info.columns if column.index == index)


def _free(header: str, taken: set[str]) -> str:
    """Name a new column so that no column of the sheet has the name."""
    return next(name for name in _forms(header) if name.casefold() not in taken)


def _forms(header: str) -> Iterable[str]:
    yield header
    yield f"{header} (new)"
    n = 2
    while True:
        yield f"{header} (new {n})"
        n += 1


def _tail(info: SheetInfo) -> list[OutputColumn]:
    places = {column.raw.strip(): column.index for column in reversed(info.columns)}
    return [OutputColumn(kind=kind, header=header, existing=places.get(header)) for kind, header in TAIL.items()]
