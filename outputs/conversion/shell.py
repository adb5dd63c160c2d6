"""The new workbook without its rows: sheets, column widths and cell formats, made by XlsxWriter."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from jobs.intake.book import Book, BookTab, ColumnWidth, Visibility
from outputs.cell_text import cleaned, cut
from outputs.conversion.survey import Look, Style

#: Longest name on a tab, in UTF-16 units.
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
#: A character is 7 pixels wide, and a column has 5 more: a width in a file counts these, one for XlsxWriter does not.
_CHARACTER_PX, _PADDING_PX = 7, 5
_WIDEST = 255.0
_LOOKS: Mapping[Look, Mapping[str, Any]] = {
    Look.PLAIN: {},
    Look.BOLD: {"bold": True},
    Look.WRAPPED: {"text_wrap": True, "valign": "top"},
}


def make_shell(
    book: Book, table: BookTab, styles: Iterable[Style], ours: Mapping[int, float]
) -> tuple[io.BytesIO, dict[Style, int]]:
    """Make the workbook, and tell the index of each cell format; every sheet has rows that are to be replaced.

    `ours`: width in characters of the columns that are new in the table's sheet, by their place from 0.
    """
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True, "date_1904": book.dates_from_1904})
    sheets = [made.add_worksheet(name) for name in sheet_names([tab.name for tab in book.tabs])]
    formats = {
        style: made.add_format({"num_format": style.format, **_LOOKS[style.look]}) for style in dict.fromkeys(styles)
    }
    for row, format_ in enumerate(formats.values()):
        sheets[0].write_blank(row, 0, None, format_)
    for tab, sheet in zip(book.tabs, sheets, strict=True):
        sheet.write_blank(0, 0, None, next(iter(formats.values())))
        _set_widths(sheet, book.widths(tab), ours if tab is table else {})
    _set_visibility(book.tabs, sheets, table)
    made.close()
    return file, {style: format_.xf_index for style, format_ in formats.items()}


def sheet_names(names: Iterable[str]) -> list[str]:
    """Give every sheet a name that a workbook may have: as it is, unless the old workbook was careless."""
    given: dict[str, str] = {}
    for name in names:
        allowed = cut(_NOT_IN_NAMES.sub("_", cleaned(name)), _LONGEST_NAME).strip("'") or "Sheet"
        distinct, count = allowed, 1
        while distinct.casefold() in given:
            count += 1
            mark = f" ({count})"
            distinct = cut(allowed, _LONGEST_NAME - len(mark)) + mark
        given[distinct.casefold()] = distinct
    return list(given.values())


def _set_widths(sheet: Any, told: Iterable[ColumnWidth], ours: Mapping[int, float]) -> None:
    end = min(ours, default=None)
    for columns in told:
        last = columns.last if end is None else min(columns.last, end - 1)
        if columns.first <= last:
            hidden = {"hidden": True} if columns.is_hidden else {}
            sheet.set_column(columns.first, last, _told_width(columns.width), None, hidden)
    for column, width in ours.items():
        sheet.set_column(column, column, width)


def _told_width(width: float) -> float:
    """Give a file's width as XlsxWriter wants it told: without the padding, which narrow columns lack."""
    pixels = min(width, _WIDEST) * _CHARACTER_PX
    narrow_px = _CHARACTER_PX + _PADDING_PX
    return pixels / narrow_px if pixels < narrow_px else (pixels - _PADDING_PX) / _CHARACTER_PX


def _set_visibility(tabs: Sequence[BookTab], sheets: Sequence[Any], table: BookTab) -> None:
    shown = next((tab for tab in (table, *tabs) if tab.visible), table)
    sheets[shown.index].activate()
    for tab, sheet in zip(tabs, sheets, strict=True):
        if tab is shown:
            continue
        if tab.visibility is Visibility.HIDDEN:
            sheet.hide()
        elif tab.visibility is Visibility.VERY_HIDDEN:
            sheet.very_hidden()
