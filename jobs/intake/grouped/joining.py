"""Rows of one product put together; the same whether they come one by one or all at once, when one of them leads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from jobs.sheet import JOINT, Product, Standing
from templates.errors import UserError
from templates.fields import Variable

#: The variable whose value names a variant where each of a product's rows is a listing of its own.
TITLE = "title"

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
#: Between the parts of a title: `Tee - Red / M`, `Tee, Red, M`, `Tee | Red`.
_PARTING = re.compile(r"(\s*[,;|/–—]\s*|\s+-\s+)")
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_LOOSE_ENDS = " \t\u00a0,;:|/–—-"


def join(
    parts: Sequence[Product],
    variables: Sequence[Variable],
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    where: str = "",
) -> Product:
    """Join parts of one product, given in the order of the sheet.

    Varying values are put together, of others the lead row's holds, or the first that is not empty. `headers` (variable
    name -> header of its column) and `where` (the file's name) are for the message.

    Raises: UserError (conflict) when a needed variable that does not vary has two values and no platform's rule holds.
    """
    # The first of the highest standing: `max` keeps the first of equals.
    lead = max(parts, key=lambda part: part.standing or Standing.ASIDE)
    sources = [part for part in parts if part.standing is not Standing.ASIDE] or list(parts)
    by_rank = [lead, *(part for part in sources if part is not lead)]
    values = {name: _first(name, by_rank) for name in dict.fromkeys(name for part in sources for name in part.values)}
    for variable in variables:
        if variable.name not in values:
            continue
        if variable.varies:
            values[variable.name] = together(part.values.get(variable.name, "") for part in sources)
        elif variable.needed and lead.standing is None:
            _refuse_conflict(parts, variable, headers, where)
    own: dict[str, str] = {}
    rest = [number for part in parts for number in part.rows if number != lead.rows[0]]
    if lead.on_every_row:
        own = _own(lead)
        differing = [
            own.get(one.name, "") for one in variables if one.varies and own.get(one.name) != values.get(one.name)
        ]
        if own.get(TITLE):
            values[TITLE] = without_variant(own[TITLE], differing)
    return Product(
        key=lead.key,
        rows=(lead.rows[0], *(rest if lead.standing is None else sorted(rest))),
        values=values,
        standing=lead.standing,
        on_every_row=lead.on_every_row,
        own={name: text for name, text in own.items() if text != values[name]},
    )


def without_variant(title: str, told: Collection[str]) -> str:
    """Take a variant's own values out of its title where they stand apart: `Tee - Red / M` is a `Tee`."""
    gone = {value.casefold() for value in told if value}
    text = _BRACKETS.sub(lambda found: "" if _all_gone(found[1], gone) else found[0], title)
    first, *rest = _PARTING.split(text)
    kept = [between + part for between, part in zip(rest[::2], rest[1::2], strict=True)]
    text = first + "".join(part for part, bare in zip(kept, rest[1::2], strict=True) if bare.casefold() not in gone)
    ending = len(text)
    while ending:
        text = text.rstrip(_LOOSE_ENDS)
        ending = next((len(value) for value in sorted(gone) if text.casefold().endswith(f" {value}")), 0)
        text = text[: len(text) - ending]
    return text or title


def _all_gone(text: str, gone: Collection[str]) -> bool:
    return all(part.strip().casefold() in gone for part in _PARTING.split(text)[::2])


def _own(part: Product) -> dict[str, str]:
    """Give the values that its lead row has itself."""
    return part.values | part.own


def _first(name: str, parts: Iterable[Product]) -> str:
    return next((text for part in parts if (text := part.own.get(name) or part.values.get(name))), "")


def together(texts: Iterable[str]) -> str:
    """Put differing values together, each once; the same whether rows are joined one by one or all at once."""
    distinct = list(dict.fromkeys(filter(None, texts)))
    if len(distinct) <= 1:
        return "".join(distinct)
    return JOINT.join(dict.fromkeys(piece for text in distinct for piece in text.split(JOINT)))


def _refuse_conflict(parts: Sequence[Product], variable: Variable, headers: Mapping[str, str], where: str) -> None:
    given = [part for part in parts if part.values.get(variable.name)]
    for part in given[1:]:
        was, now = given[0].values[variable.name], part.values[variable.name]
        if was.split() != now.split():
            column = headers.get(variable.name, variable.name)
            rows = f"{where}: rows" if where else "Rows"
            raise UserError(
                f'{rows} {given[0].rows[0]} and {part.rows[0]} have the same key "{part.key}", '
                f'but column "{column}" says "{_short(was)}" in one and "{_short(now)}" in the other.',
                fix="Make the two cells the same, empty one of them, or choose the column that tells these products "
                "apart with --key COLUMN.",
                code="conflict",
            )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - both values fit a terminal line
