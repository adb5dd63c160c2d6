"""Which shop platform a sheet comes from, by its header, and which of its columns say what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.intake.grouped.marks import PLATFORMS, Marks, PlatformName, fold
from jobs.sheet import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform's export as it was found in a header."""

    name: PlatformName
    #: As people call it: `Shopify`.
    label: str
    #: By role: `key` (what names a product or a row of it), `id`, `title`, `type`, `parent`, `group`, `variations`,
    #: `children`, `store`, `attributes`; a role that no column has is not in it.
    columns: Mapping[str, Column]
    #: Pairs of columns that hold an option's name and its value.
    options: tuple[tuple[Column, Column], ...]
    #: Each row is a listing of its own and takes the copy; else only a product's lead row does.
    on_every_row: bool

    @property
    def structure(self) -> tuple[Column, ...]:
        """The columns that say how rows hang together, and nothing of the product, whatever their names are like."""
        roles = ("type", "parent", "group", "variations", "children", "store", "attributes")
        return tuple(self.columns[role] for role in roles if role in self.columns)


def usual_names(platform: PlatformName, role: str) -> tuple[str, ...]:
    """Give the names that a platform's exports have for the column of a role, best first."""
    return next(marks.roles[role] for marks in PLATFORMS if marks.name == platform)


def find_platform(columns: Sequence[Column]) -> Platform | None:
    """Find the platform whose export has this header; None for a sheet of one's own."""
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(fold(column.raw), column)
    by_name.pop("", None)
    return next((found for marks in PLATFORMS if (found := _found(marks, by_name))), None)


def _found(marks: Marks, by_name: Mapping[str, Column]) -> Platform | None:
    roles = {
        role: by_name[name]
        for role, names in marks.roles.items()
        if (name := next((one for one in map(fold, names) if one in by_name), None)) is not None
    }
    signs = len(marks.signs & by_name.keys())
    if not any(together <= roles.keys() and signs >= fewest for together, fewest in marks.needed):
        return None
    return Platform(
        name=marks.name,
        label=marks.label,
        columns=roles,
        options=_option_columns(marks, by_name),
        on_every_row=marks.on_every_row,
    )


def _option_columns(marks: Marks, by_name: Mapping[str, Column]) -> tuple[tuple[Column, Column], ...]:
    pairs = []
    for forms in marks.options:
        for number in range(1, len(by_name) + 1):
            name, value = (by_name.get(fold(form.replace("#", str(number)))) for form in forms)
            if name is None or value is None or (name, value) in pairs:
                break
            pairs.append((name, value))
    return tuple(pairs)
