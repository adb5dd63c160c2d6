"""The short forms of a template.toml, spelt out: what needs no table may be written without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GROUPS = ("needs", "uses")


def spelt_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the tables that the short forms stand for; what is no short form stays as it is.

    `needs = ["title"]` is `[needs.title]`; `title = ["Title", "Name"]` in `[needs]` gives aliases, as does a table
    `[aliases]` for variables of either group; `version = "2"` is `version = 2`.
    """
    full = dict(values)
    aliases = full.get("aliases")
    for group in _GROUPS:
        if group in full:
            full[group] = _variables(full[group])
    if isinstance(aliases, Mapping):
        rest = {name: names for name, names in aliases.items() if not _give(full, name, names)}
        full.pop("aliases")
        if rest:
            full["aliases"] = rest
    if isinstance(full.get("version"), str) and full["version"].strip().isdigit():
        full["version"] = int(full["version"])
    return full


def _variables(group: Any) -> Any:
    if isinstance(group, list) and all(isinstance(name, str) for name in group):
        return {name: {} for name in group}
    if isinstance(group, Mapping):
        return {name: {"aliases": value} if isinstance(value, list) else value for name, value in group.items()}
    return group


def _give(full: dict[str, Any], name: str, names: Any) -> bool:
    """Give a variable its aliases; False when there is no such variable."""
    for group in _GROUPS:
        variables = full.get(group)
        if isinstance(variables, dict) and isinstance(variables.get(name), Mapping):
            variables[name] = {**variables[name], "aliases": [names] if isinstance(names, str) else names}
            return True
    return False
