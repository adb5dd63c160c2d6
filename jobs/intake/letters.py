"""Column letters of a spreadsheet: A to Z, AA and so on."""

from __future__ import annotations

import re

#: XFD, the last column that a worksheet has.
MOST_COLUMNS = 16_384

_LETTERS = re.compile(r"[A-Za-z]{1,3}")


def column_letter(index: int) -> str:
    """Give the letter of a column by its position from 0."""
    letters = ""
    left = index + 1
    while left:
        left, digit = divmod(left - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def column_index(letters: str) -> int | None:
    """Give the position from 0 of a column by its letter, None when it is none."""
    if not _LETTERS.fullmatch(letters):
        return None
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1 if index <= MOST_COLUMNS else None
