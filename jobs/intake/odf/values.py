"""The cells of an OpenDocument table as the text that a person sees."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from lxml import etree

from jobs.intake.numbers.general import general
from jobs.intake.numbers.number_text import NumberText, number_text
from jobs.intake.odf.cell_styles import CellStyles
from jobs.intake.odf.names import CALCEXT, OFFICE, TABLE
from jobs.intake.odf.text import cell_text

VALUE_TYPE = f"{OFFICE}value-type"
_VALUE = f"{OFFICE}value"
_STRING = f"{OFFICE}string-value"
_STYLE_NAME = f"{TABLE}style-name"
FORMULA = f"{TABLE}formula"

_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?")
_DAY_S = 86_400
#: Day 1 of the calendar that format codes count by, and the first one behind the day that never was.
_DAY_BEFORE_FIRST = datetime(1899, 12, 31)  # noqa: DTZ001 - cells have no time zone
_BEHIND_THE_GAP = datetime(1900, 3, 1)  # noqa: DTZ001 - as above
_TRUTHS = {"TRUE", "FALSE"}


def _known(code: str) -> NumberText:
    text = number_text(code, dates_from_1904=False)
    return text if text is not None else general


_DATE = _known("yyyy-mm-dd hh:mm:ss")
_TIME = _known("hh:mm:ss")
_PERCENTAGE = _known("0.00%")


class CellValues:
    """Gives the text of cells by their value, its type and its style."""

    def __init__(self, styles: CellStyles) -> None:
        self._styles = styles

    def text(self, cell: etree._Element, kind: str, default_style: str) -> str:
        """Give the text of a cell with a value of a kind.

        `default_style` is the one that its row or column gives to cells without one.
        """
        if kind == "string":
            return _string(cell)
        style = self._styles.number_text(cell.get(_STYLE_NAME) or default_style)
        if kind in {"float", "percentage", "currency"}:
            return _number(cell, kind, style)
        if kind == "date":
            return _date(cell.get(f"{OFFICE}date-value", ""), style or _DATE)
        if kind == "time":
            return _time(cell.get(f"{OFFICE}time-value", ""), style or _TIME)
        return cell.get(f"{OFFICE}boolean-value", "").upper() or cell_text(cell)


def _string(cell: etree._Element) -> str:
    """Give a text; an attribute that says it otherwise than the paragraphs leads, but for the word of an error."""
    shown = cell_text(cell)
    told = cell.get(_STRING)
    if told is None or cell.get(f"{CALCEXT}value-type") == "error" or told.split() == shown.split():
        return shown
    return told


def _number(cell: etree._Element, kind: str, style: NumberText | None) -> str:
    raw = cell.get(_VALUE)
    if raw is None:
        return cell_text(cell)
    if style is not None:
        return style(raw)
    if kind == "float":
        # A comparison is shown as a truth without a style that says so.
        shown = cell_text(cell) if cell.get(FORMULA) is not None else ""
        return shown if shown in _TRUTHS else general(raw)
    return _PERCENTAGE(raw) if kind == "percentage" else cell_text(cell) or general(raw)


@lru_cache(maxsize=8192)
def _date(raw: str, style: NumberText) -> str:
    """Show an ISO date by its style; one outside the calendar stays as it is."""
    try:
        moment = datetime.fromisoformat(raw.removesuffix("Z"))
    except ValueError:
        return raw
    past = moment.replace(tzinfo=None) - _DAY_BEFORE_FIRST
    if past.days < 1:
        return raw.replace("T00:00:00", "").replace("T", " ")
    days = past.days + (moment.replace(tzinfo=None) >= _BEHIND_THE_GAP)
    return style(repr(days + (past.seconds + past.microseconds / 1e6) / _DAY_S))


@lru_cache(maxsize=8192)
def _time(raw: str, style: NumberText) -> str:
    """Show an ISO duration by its style."""
    told = _DURATION.fullmatch(raw.strip())
    if told is None:
        return raw
    sign, days, hours, minutes, seconds = (part or "0" for part in told.groups())
    total_s = int(days) * _DAY_S + int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    return style(repr((-total_s if sign == "-" else total_s) / _DAY_S))
