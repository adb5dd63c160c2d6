"""Numbers as the text that a person sees, by their number format."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jobs.intake.numbers.general import exact
from jobs.intake.numbers.number_format import compile_format

#: Shows a number, given as the file writes it.
NumberText = Callable[[str], str]

#: Prices and stock figures recur: so many texts are kept for each format.
_KEPT_TEXTS = 65_536

#: Formats that a workbook names by number only. Source: ECMA-376 part 1, 18.8.30.
BUILTIN_FORMATS = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);[Red]("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)',
    8: '"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
}
#: Date formats of East Asian editions, which name them by number only.
_EAST_ASIAN_DATES = (*range(27, 32), 36, *range(50, 55), *range(57, 59))
_EAST_ASIAN_TIMES = (32, 33, 34, 35, 55, 56)
BUILTIN_FORMATS.update(dict.fromkeys(_EAST_ASIAN_DATES, "yyyy-mm-dd"))
BUILTIN_FORMATS.update(dict.fromkeys(_EAST_ASIAN_TIMES, "h:mm:ss"))


def number_text(code: str, *, dates_from_1904: bool) -> NumberText | None:
    """Read a format code; None when it shows numbers as they are, for which there is `general`."""
    shown = compile_format(code, dates_from_1904=dates_from_1904)
    if shown is None:
        return None

    @lru_cache(maxsize=_KEPT_TEXTS)
    def text(raw: str) -> str:
        try:
            return shown(exact(raw))
        except (ArithmeticError, ValueError):
            return raw

    return text
