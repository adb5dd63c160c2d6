"""Numbers without a format of their own."""

from __future__ import annotations

from decimal import Decimal

#: Spreadsheets keep and show this many significant digits.
_DIGITS = 15
#: Smaller numbers are shown with an exponent.
_SMALLEST_EXPONENT = -10


def exact(raw: str) -> Decimal:
    """Give a number as the decimal that a spreadsheet program takes it for: 15 significant digits.

    Raises: ValueError when it is none.
    """
    number = Decimal(f"{float(raw):.15g}")
    if not number.is_finite():
        raise ValueError(raw)
    return number


def general(raw: str) -> str:
    """Show a number as it is: integers without `.0`, no exponent up to 15 digits; other text stays."""
    if raw.isdecimal() and len(raw) <= _DIGITS:
        return raw
    try:
        number = exact(raw)
    except ValueError:
        return raw.strip()
    if number == 0:
        return "0"
    if _SMALLEST_EXPONENT < number.adjusted() < _DIGITS:
        text = f"{number:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{float(raw):.15g}".upper()
