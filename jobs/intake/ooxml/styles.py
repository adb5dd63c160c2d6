"""How the cell styles of a workbook show numbers."""

from __future__ import annotations

from typing import IO

from jobs.intake.numbers.number_text import BUILTIN_FORMATS, NumberText, number_text
from jobs.intake.ooxml.elements import streamed


def read_styles(file: IO[bytes], *, dates_from_1904: bool) -> dict[str, NumberText]:
    """Read how cell styles show numbers, by the style's number; those that show them as they are are left out."""
    codes: dict[str, str] = {}
    shapes: dict[str, NumberText | None] = {}
    styles: dict[str, NumberText] = {}
    for element in streamed(file, "{*}numFmt", "{*}cellXfs"):
        if element.tag.endswith("}numFmt"):
            codes.setdefault(element.get("numFmtId", ""), element.get("formatCode", ""))
            continue
        for place, style in enumerate(element.iterchildren("{*}xf")):
            number = style.get("numFmtId", "0")
            if number not in shapes:
                known = BUILTIN_FORMATS.get(int(number), "General") if number.isdecimal() else "General"
                shapes[number] = number_text(codes.get(number, known), dates_from_1904=dates_from_1904)
            shape = shapes[number]
            if shape is not None:
                styles[str(place)] = shape
        break
    return styles
