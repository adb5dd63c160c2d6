"""Days, times and moments of a Parquet file, given as its whole numbers, as the text that a sheet shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from jobs.intake.numbers.date_text import Clock

#: Units of a second.
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_DAY_S = 86_400
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_ELAPSED = Clock(has_date=False, has_time=True, elapsed="h", is_minutes=False, from_1904=False)


def day_text(days: int) -> str:
    """Show a day by its number from 1970-01-01."""
    try:
        return date.fromordinal(_EPOCH_DAY + days).isoformat()
    except (ValueError, OverflowError):
        return str(days)


def time_text(units: int, per_second: int) -> str:
    """Show a time of day, whole minutes without seconds."""
    seconds = _seconds(units, per_second) % _DAY_S
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{shown}:{seconds % 60:02}" if seconds % 60 else shown


def elapsed_text(units: int, per_second: int) -> str:
    """Show a span of time in hours."""
    return _ELAPSED.show(Decimal(_seconds(units, per_second)) / _DAY_S)


def moment_text(unit: str, zone_name: str | None) -> Callable[[int], str]:
    """Give what shows a moment: the day, and the time unless it is midnight.

    A moment with a zone is shown as its clocks show it, and the zone is named after the time.
    """
    per_second = PER_SECOND[unit]
    zone, name = _zone(zone_name)

    def shown(units: int) -> str:
        try:
            moment = (_EPOCH + timedelta(seconds=_seconds(units, per_second))).astimezone(zone)
        except (ValueError, OverflowError):
            return str(units)
        time = time_text(moment.hour * 3600 + moment.minute * 60 + moment.second, 1)
        day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
        return day if time == "00:00" else f"{day} {time}{name}"

    return shown


def _seconds(units: int, per_second: int) -> int:
    return (units + per_second // 2) // per_second


def _zone(name: str | None) -> tuple[tzinfo, str]:
    """Find a zone; one that is not known is told as UTC, which the file stores."""
    if name is None:
        return UTC, ""
    offset = _OFFSET.fullmatch(name)
    try:
        if offset:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-span if offset[1] == "-" else span), f" {name}"
        return ZoneInfo(name), f" {name}"
    except (ValueError, OSError, LookupError):
        return UTC, " UTC"
