"""Reading TOML strictly: every problem of a file is collected and told at once, with its key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from templates.errors import UserError, nearest


def parse_toml(text: str, *, file: str, code: str) -> dict[str, Any]:
    """Parse a TOML text.

    Raises:
        UserError: it is not TOML; the message has the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: this is not valid TOML: {error}.", fix="Mend the file there.", code=code) from error


class Table:
    """One table of a file: hands out its values, and notes what is wrong, missing or unknown."""

    def __init__(self, values: Mapping[str, Any], *, path: str = "", problems: list[str] | None = None) -> None:
        self._values = values
        self._path = path
        self._asked: list[str] = []
        self.problems: list[str] = [] if problems is None else problems

    def key(self, name: str) -> str:
        """Give a key's full name, as problems show it."""
        return f"{self._path}.{name}" if self._path else name

    def note(self, name: str, problem: str) -> None:
        """Note a problem with a key, or with the table itself when no key is named."""
        self.problems.append(f"{self.key(name)} {problem}" if name else f"{self._path}: {problem}".removeprefix(": "))

    def has(self, name: str) -> bool:
        """Whether the file gives this key."""
        return name in self._values

    def text(self, name: str, *, needed: bool = False, default: str = "") -> str:
        """Take a text; one that is needed must not be empty."""
        value = self._take(name, lambda given: isinstance(given, str), "must be a text", default, needed=needed)
        if needed and name in self._values and isinstance(value, str) and not value.strip():
            self.note(name, "is empty")
        return str(value).strip()

    def characters(self, name: str) -> str:
        """Take a text of single characters, spaces included."""
        return str(self._take(name, lambda given: isinstance(given, str), "must be a text", ""))

    def whole(self, name: str, *, least: int, most: int, default: int, needed: bool = False) -> int:
        """Take a whole number between two bounds."""

        def fits(given: object) -> bool:
            return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most

        return int(self._take(name, fits, f"must be a whole number from {least} to {most}", default, needed=needed))

    def number(self, name: str, *, least: float, most: float) -> float | None:
        """Take a number between two bounds, None when there is none."""

        def fits(given: object) -> bool:
            return isinstance(given, int | float) and not isinstance(given, bool) and least <= given <= most

        value = self._take(name, fits, f"must be a number from {least:g} to {most:g}", None)
        return None if value is None else float(value)

    def flag(self, name: str) -> bool:
        """Take true or false; false unless given."""
        return bool(self._take(name, lambda given: isinstance(given, bool), "must be true or false", default=False))

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts, none of them empty or given twice (case aside)."""
        given = self._take(name, _is_texts, "must be a list of texts", [])
        texts = tuple(" ".join(text.split()) for text in given)
        seen: set[str] = set()
        for text in texts:
            if not text:
                self.note(name, "has an empty text")
            elif text.casefold() in seen:
                self.note(name, f'has "{text}" twice')
            seen.add(text.casefold())
        return texts

    def table(self, name: str) -> Table:
        """Take a table; an empty one when there is none."""
        given = self._take(name, _is_table, "must be a table", {})
        return Table(given, path=self.key(name), problems=self.problems)

    def tables(self, name: str) -> dict[str, Table]:
        """Take a table of tables, in the order of the file."""
        inner = self.table(name)
        found = {}
        for each in inner._values:  # noqa: SLF001 - a table of the same class
            found[each] = inner.table(each)
        return found

    def close(self) -> None:
        """Note the keys that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                self.note(name, f"is not a known key.{nearest(name, self._asked)}")

    def _take(self, name: str, fits: Callable[[Any], bool], wanted: str, default: Any, *, needed: bool = False) -> Any:
        self._asked.append(name)
        if name not in self._values:
            if needed:
                self.note(name, "is missing")
            return default
        value = self._values[name]
        if fits(value):
            return value
        self.note(name, f"{wanted}, not {_shown(value)}")
        return default


def refuse(file: str, problems: Iterable[str], *, code: str) -> None:
    """Tell all problems of a file at once.

    Raises:
        UserError: there is at least one.
    """
    found = list(problems)
    if not found:
        return
    if len(found) == 1:
        raise UserError(f"{file}: {found[0]}", fix="Mend it in the file.", code=code)
    lines = "".join(f"\n  - {problem}" for problem in found)
    raise UserError(f"{file}: {len(found)} problems:{lines}", fix="Mend them in the file.", code=code)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}"'
    return repr(value)[:60]
