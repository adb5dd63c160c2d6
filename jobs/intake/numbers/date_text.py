"""Dates and times of a workbook, as ISO text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from jobs.intake.numbers.general import general

_DAY_S = 86_400
#: 9999-12-31.
_LAST_DAY = 2_958_465
#: The day that spreadsheets count although 1900 was no leap year.
_NO_SUCH_DAY = 60
_START_1904 = date(1904, 1, 1)
_START_1900 = date(1899, 12, 31)


@dataclass(frozen=True, slots=True)
class Clock:
    """What a date format shows: the date, the time of day, or time elapsed."""

    has_date: bool
    has_time: bool
    #: `h`, `m` or `s` when the format counts them beyond their usual end, else "".
    elapsed: str
    #: Minutes and seconds only.
    is_minutes: bool
    from_1904: bool

    def show(self, number: Decimal) -> str:
        """Show a serial day number; one that is no date is shown as a number."""
        seconds = int((number * _DAY_S).to_integral_value(ROUND_HALF_UP))
        days, time_s = divmod(seconds, _DAY_S)
        if self.elapsed:
            return _elapsed(seconds, self.elapsed)
        if not 0 <= days <= _LAST_DAY:
            return general(str(number))
        if not self.has_date:
            return _minutes(time_s) if self.is_minutes else _time(time_s)
        day = self._date(int(number // 1) if not self.has_time else days)
        return f"{day} {_time(time_s)}" if self.has_time and time_s else day

    def _date(self, days: int) -> str:
        if self.from_1904:
            return (_START_1904 + timedelta(days=days)).isoformat() if days < _LAST_DAY - 1461 else str(days)
        if days == _NO_SUCH_DAY:
            return "1900-02-29"
        return (_START_1900 + timedelta(days=days if days < _NO_SUCH_DAY else days - 1)).isoformat()


def read_clock(pieces: Sequence[tuple[str, str]], *, from_1904: bool) -> Clock:
    """Read the pieces of a section, each its kind (`date`, `elapsed`, `word`, …) and text."""
    units = [text[0].lower() for kind, text in pieces if kind in {"date", "elapsed"}]
    elapsed = next((text[0].lower() for kind, text in pieces if kind == "elapsed"), "")
    has_date = "y" in units or "d" in units
    for place, unit in enumerate(units):
        if unit == "m" and not elapsed:
            beside = {units[place - 1] if place else "", units[place + 1] if place + 1 < len(units) else ""}
            has_date = has_date or not (units[place - 1 : place] == ["h"] or "s" in beside)
    has_time = "h" in units or "s" in units
    return Clock(
        has_date=has_date and not elapsed,
        has_time=has_time,
        elapsed=elapsed,
        is_minutes=not has_date and "h" not in units,
        from_1904=from_1904,
    )


def _time(time_s: int) -> str:
    """Show a time of day; whole minutes without seconds."""
    minutes, seconds = divmod(time_s, 60)
    shown = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{shown}:{seconds:02}" if seconds else shown


def _minutes(time_s: int) -> str:
    return f"{time_s // 60 % 60:02}:{time_s % 60:02}"


def _elapsed(seconds: int, unit: str) -> str:
    sign = "-" if seconds < 0 else ""
    minutes, rest_s = divmod(abs(seconds), 60)
    if unit == "s":
        return f"{sign}{abs(seconds)}"
    if unit == "m":
        return f"{sign}{minutes}:{rest_s:02}"
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{rest_s:02}" if rest_s else "")
