"""How high a row must be for the lines of a text that wraps."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: No row of a worksheet is higher, in points.
MOST_PT = 409.5
#: A line's height by the size of its font.
_LINE = 1.36
#: Characters of prose that a column holds for one of its width, which is counted in digits.
_PROSE = 1.1

#: Characters of scripts that take the width of two others.
_WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]")
_HEIGHT = re.compile(rb"""(\sht\s*=\s*["'])([\d.]+)""")
#: The row's height was chosen by the user, or is none to be seen.
_KEPT = (b"customHeight", b"hidden")


def lines_of(texts: Iterable[tuple[str, float]]) -> int:
    """Count the lines of the longest of a row's texts, each with its column's width in characters."""
    return max((_lines(text, width) for text, width in texts), default=1)


def with_height(tag: bytes, lines: int, size_pt: float) -> bytes:
    """Make a row's start tag as high as so many lines need; one that is higher or fixed stays.

    The height is told as one that follows the content, so that it goes on doing so. It cannot be left to the program
    that opens the workbook: Excel finds it for a row without a height, LibreOffice does not.
    """
    height = min(lines * size_pt * _LINE, MOST_PT)
    if lines <= 1 or any(word in tag for word in _KEPT):
        return tag
    told = _HEIGHT.search(tag)
    if told is None:
        end = -2 if tag.endswith(b"/>") else -1
        return b'%b ht="%.4g"%b' % (tag[:end].rstrip(), height, tag[end:])
    return (
        tag if _points(told[2]) >= height else b"%b%b%.4g%b" % (tag[: told.start()], told[1], height, tag[told.end() :])
    )


def _lines(text: str, width: float) -> int:
    holds = width * _PROSE
    if "\n" not in text:
        return max(1, -int(-_units(text) // holds))
    return sum(max(1, -int(-_units(line) // holds)) for line in text.split("\n"))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _points(told: bytes) -> float:
    try:
        return float(told)
    except ValueError:
        return 0.0
