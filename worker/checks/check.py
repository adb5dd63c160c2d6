"""One thing that `doctor` looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from templates.errors import SkuscribeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of what `doctor` found."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""


def checked(name: str, look: Callable[[list[str]], str]) -> Check:
    """Look, and tell what was found; `look` gives it, adds to the warnings that it is handed, or raises."""
    warnings: list[str] = []
    try:
        detail = look(warnings)
    except SkuscribeError as error:
        return Check(name=name, state="fail", detail=error.message, fix=error.fix)
    return Check(name=name, state="warn" if warnings else "ok", detail=" ".join([f"{detail}.", *warnings]))
