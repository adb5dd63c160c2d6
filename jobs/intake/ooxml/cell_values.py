"""How the value of a cell is shown: by its kind, and a number by its style as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobs.intake.numbers.general import general
from jobs.intake.numbers.number_text import NumberText
from jobs.intake.ooxml.strings import SharedStrings
from jobs.intake.ooxml.xml_text import unescaped

#: Gives the text that a person sees, from the value as the file writes it.
Show = Callable[[str], str]


class CellValues:
    """The strings and styles of a workbook, as what its cells need."""

    def __init__(self, strings: SharedStrings, styles: Mapping[str, NumberText]) -> None:
        self._strings = strings
        self._styles = styles

    def show(self, kind: str | None, style: str | None) -> Show:
        """Choose for a kind (`t` of a cell) and a style (`s`)."""
        if kind == "s":
            return self._strings.text
        if kind is None or kind == "n":
            return self._styles.get(style or "", general)
        return _OTHER_KINDS.get(kind, unescaped)


def _truth(raw: str) -> str:
    return "TRUE" if raw.strip() in {"1", "true", "TRUE"} else "FALSE"


def _iso(raw: str) -> str:
    """Give an ISO date cell (Strict workbooks) with the time only when it has one."""
    date, _, time = raw.strip().rstrip("Z").partition("T")
    return date if not time.strip("0:.") else f"{date} {time}"


_OTHER_KINDS: dict[str, Show] = {"b": _truth, "d": _iso, "e": str.strip}
