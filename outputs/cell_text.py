"""Text as a cell may hold it."""

from __future__ import annotations

import re

#: The most that a cell of a workbook holds, in UTF-16 units.
CELL_UNITS = 32_767

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CARE = re.compile("[\x00-\x08\x0b-\x1f&<>\ud800-\udfff\ufffe\uffff]|_x")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SPECIAL = re.compile("[&<>]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


def is_plain(text: str) -> bool:
    """Tell at one look that a text is short and can stand in a cell's XML to the letter; most can."""
    return len(text) * 2 <= CELL_UNITS and not _CARE.search(text)


def cleaned(text: str) -> str:
    """Take out the characters that XML cannot carry; the same object when there are none."""
    return _NOT_XML.sub("", text) if _NOT_XML.search(text) else text


def cut(text: str, units: int = CELL_UNITS) -> str:
    """Cut text at so many UTF-16 units, never inside a character; the same object when it is short enough."""
    if len(text) * 2 <= units or _units(text) <= units:
        return text
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")


def _units(text: str) -> int:
    return len(text) + len(_ASTRAL.findall(text))


def one_line_break(text: str) -> str:
    """Write every line break as the line feed that spreadsheet cells have."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def xml_text(text: str) -> str:
    """Escape clean text for `<t>`: markup, and what a spreadsheet program would read as `_xHHHH_`."""
    if "_x" in text:
        text = _ESCAPE_LIKE.sub("_x005F_", text)
    if not _SPECIAL.search(text):
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(text: str) -> str:
    """Put `'` before text of delimited files that a spreadsheet program would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_START) else text
