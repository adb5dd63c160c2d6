"""Old workbooks (.xls), written by xlwt."""

from __future__ import annotations

import xlwt
from xlsb_making import ERRORS, Shown, Wrong
from xlwt.Style import default_style

from jobs.intake.numbers.number_text import BUILTIN_FORMATS


def write_xls(path, sheets, *, states=(), from_1904=False, widths=(), merges=()):
    """Write a workbook: sheets as name -> rows of values."""
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = from_1904
    styles = {}
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, values in enumerate(rows):
            for column, value in enumerate(values):
                _write(sheet, number, column, value, styles)
    for place, state in enumerate(states):
        book.get_sheet(place).visibility = state
    for column, characters, hidden in widths:
        told = book.get_sheet(0).col(column)
        told.width, told.hidden = int(characters * 256), hidden
    for top, bottom, left, right, text in merges:
        book.get_sheet(0).write_merge(top, bottom, left, right, text)
    book.save(str(path))
    return path


def _write(sheet, number, column, value, styles):
    if value is None or value == "":
        return
    if isinstance(value, Wrong):
        sheet.row(number).set_cell_error(column, ERRORS[value.name])
    elif isinstance(value, Shown):
        code = value.format if isinstance(value.format, str) else BUILTIN_FORMATS[value.format]
        style = styles.setdefault(code, xlwt.easyxf(num_format_str=code))
        sheet.write(number, column, value.value, style)
    else:
        sheet.write(number, column, value, default_style)
