"""Which column gives which template variable, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jobs.intake.names import is_near, plain_name
from jobs.intake.told_columns import told_column, told_pairs
from jobs.sheet import Column
from templates.errors import UserError, nearest
from templates.fields import Variable

#: Headers of the columns that write-back adds about a row; they are never sources.
OWN_PREFIX = "skuscribe "

How = Literal["map", "alias", "near"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The column chosen for a variable."""

    variable: Variable
    column: Column
    #: Told by `--map`, equal to one of the variable's names, or near to one.
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Template variables with the columns that give them."""

    variables: tuple[Variable, ...]
    #: By variable name, in the order of the variables; a variable that no column gives is not in it.
    choices: Mapping[str, Choice]

    def column(self, variable: str) -> Column | None:
        """Give the column of a variable, None when no column gives it."""
        choice = self.choices.get(variable)
        return choice.column if choice else None

    def missing(self, needed: Iterable[Variable]) -> tuple[Variable, ...]:
        """Say which of the needed variables no column gives."""
        return tuple(variable for variable in needed if variable.name not in self.choices)

    @property
    def headers(self) -> dict[str, str]:
        """Variable name -> header of its column."""
        return {name: choice.column.header for name, choice in self.choices.items()}


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """Read `VARIABLE=COLUMN` texts.

    Raises: UserError (map) when one is not of that form or names a variable twice.
    """
    return told_pairs(
        texts, option="map", noun="VARIABLE", example='--map title="Product name", or --map title=F for column F'
    )


def map_columns(
    columns: Sequence[Column],
    variables: Sequence[Variable],
    overrides: Mapping[str, str],
    *,
    not_by_name: Collection[Column] = (),
) -> ColumnMap:
    """Choose a column for each variable: as told, else by equal names, else by near ones.

    A column serves two variables only when it was told so; those of `not_by_name` serve one only when told.

    Raises: UserError (map) when an override names a variable or a column that does not exist.
    """
    choices = {
        variable.name: Choice(variable=variable, column=column, how="map")
        for variable, column in _overridden(columns, variables, overrides)
    }
    free = [column for column in columns if _can_be_source(column) and column not in not_by_name]
    for how in ("alias", "near"):
        used = {choice.column.index for choice in choices.values()}
        open_columns = [column for column in free if column.index not in used]
        open_variables = [variable for variable in variables if variable.name not in choices]
        found = _equal(open_columns, open_variables) if how == "alias" else _near(open_columns, open_variables)
        for variable, column in found:
            choices[variable.name] = Choice(variable=variable, column=column, how="alias" if how == "alias" else "near")
    ordered = {variable.name: choices[variable.name] for variable in variables if variable.name in choices}
    return ColumnMap(variables=tuple(variables), choices=ordered)


def _overridden(
    columns: Sequence[Column], variables: Sequence[Variable], overrides: Mapping[str, str]
) -> list[tuple[Variable, Column]]:
    by_name = {variable.name: variable for variable in variables}
    found = []
    for name, wanted in overrides.items():
        if name not in by_name:
            raise UserError(
                f'--map {name}={wanted}: the template has no variable "{name}".{nearest(name, by_name)}',
                fix="`skuscribe templates show NAME` lists a template's variables.",
                code="map",
            )
        column = told_column(columns, wanted, option="map", told=f"{name}={wanted}")
        found.append((by_name[name], column))
    return found


def _can_be_source(column: Column) -> bool:
    return bool(column.raw.strip()) and not column.header.casefold().startswith(OWN_PREFIX)


def _known_names(variable: Variable) -> list[str]:
    return [plain_name(name) for name in (variable.name, *variable.aliases, variable.label)]


def _equal(columns: Sequence[Column], variables: Sequence[Variable]) -> list[tuple[Variable, Column]]:
    """Take names by rank: every variable's first name before any variable's second."""
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(plain_name(column.raw), column)
    by_name.pop("", None)
    ranked = sorted(
        (rank, place, name)
        for place, variable in enumerate(variables)
        for rank, name in enumerate(_known_names(variable))
    )
    found: dict[int, Column] = {}
    for _, place, name in ranked:
        if place not in found and name in by_name:
            found[place] = by_name.pop(name)
    return [(variables[place], column) for place, column in found.items()]


def _near(columns: Sequence[Column], variables: Sequence[Variable]) -> list[tuple[Variable, Column]]:
    """Take a near name only when a single variable claims the column."""
    claims: dict[int, list[tuple[int, int]]] = {}
    for place, variable in enumerate(variables):
        names = _known_names(variable)
        for column in columns:
            rank = next((rank for rank, name in enumerate(names) if is_near(column.raw, name)), None)
            if rank is not None:
                claims.setdefault(column.index, []).append((rank, place))
    by_index = {column.index: column for column in columns}
    found: dict[int, Column] = {}
    sole = sorted((places[0][0], index, places[0][1]) for index, places in claims.items() if len(places) == 1)
    for _, index, place in sole:
        found.setdefault(place, by_index[index])
    return [(variables[place], column) for place, column in found.items()]
