"""Numbers without a format of their own."""

from __future__ import annotations

import re
from decimal import Decimal

#: Spreadsheets keep and show this many significant digits.
_DIGITS = 15
#: Smaller numbers are shown with an exponent.
_SMALLEST_EXPONENT = -10
_SHORT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
#: Decimals that are shown as they are written, if they have no more digits than are kept.
_AS_WRITTEN = re.compile(r"-?(?:0\.(?!0000)|[1-9][0-9]*\.)[0-9]*[1-9]")


def exact(raw: str) -> Decimal:
    """Give a number as the decimal that a spreadsheet program takes it for: 15 significant digits.

    Raises: ValueError when it is none.
    """
    if len(raw) <= _DIGITS and _SHORT.fullmatch(raw):
        return Decimal(raw)
    number = Decimal(f"{float(raw):.15g}")
    if not number.is_finite():
        raise ValueError(raw)
    return number


def general(raw: str) -> str:
    """Show a number as it is: integers without `.0`, no exponent up to 15 digits; other text stays."""
    if len(raw) <= _DIGITS and (raw.isdecimal() or _AS_WRITTEN.fullmatch(raw)):
        return raw
    try:
        text = f"{float(raw):.15g}"
    except ValueError:
        return raw.strip()
    if "e" in text or "n" in text:
        return _far(raw)
    return "0" if text == "-0" else text


def _far(raw: str) -> str:
    """Show a number that Python writes with an exponent, or that is none."""
    try:
        number = exact(raw)
    except ValueError:
        return raw.strip()
    if _SMALLEST_EXPONENT < number.adjusted() < _DIGITS:
        text = f"{number:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{float(raw):.15g}".upper()
