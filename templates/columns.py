"""The usual column names of product variables, whatever template uses them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from templates.fields import Variable

_FILE = Path(__file__).with_name("columns.toml")


@cache
def usual_columns() -> dict[str, tuple[str, ...]]:
    """Give the usual column names by variable."""
    return {name: tuple(aliases) for name, aliases in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}


def with_usual_columns(variables: Sequence[Variable]) -> tuple[Variable, ...]:
    """Add the usual column names to the aliases of the variables; what a template says itself comes first and wins."""
    claimed = {_folded(alias): variable.name for variable in variables for alias in variable.aliases}
    claimed |= {_folded(variable.name): variable.name for variable in variables}
    return tuple(_completed(variable, claimed, usual_columns().get(variable.name, ())) for variable in variables)


def _completed(variable: Variable, claimed: dict[str, str], usual: Iterable[str]) -> Variable:
    own = {_folded(alias) for alias in variable.aliases}
    added = [
        alias
        for alias in usual
        if _folded(alias) not in own and claimed.get(_folded(alias), variable.name) == variable.name
    ]
    return replace(variable, aliases=(*variable.aliases, *added))


def _folded(name: str) -> str:
    return name.casefold().replace("_", " ")
