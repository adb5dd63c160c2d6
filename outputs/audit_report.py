"""All findings of an audit as a file: .csv or .xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any

from jobs.audit.walk import Finding
from outputs.cell_text import cleaned, cut, inert
from outputs.whole_file import whole_file
from templates.errors import UserError

_HEADER = ("row", "column", "rule", "weight", "message", "text")
#: Rows of a worksheet below its header.
_MOST_ROWS = 1_048_575
_WIDTHS = (8, 24, 18, 10, 60, 80)

#: Takes one finding.
Take = Callable[[Finding], None]


@contextmanager
def findings_file(path: Path, *, overwrite: bool) -> Iterator[Take]:
    """Give what takes the findings one by one; the file is there whole when the block ends well.

    Raises:
        UserError: another extension, a file that exists, or one that cannot be written (code "report").
    """
    writers = {".csv": _csv, ".xlsx": _xlsx}
    writer = writers.get(path.suffix.casefold())
    if writer is None:
        raise UserError(
            f"--report {path}: findings are written as .csv or .xlsx.", fix="Give one of them.", code="report"
        )
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists.", fix="Give --overwrite to replace it, or another name.", code="report")
    with whole_file(path) as out, writer(out) as take:
        yield take


@contextmanager
def _csv(out: IO[bytes]) -> Iterator[Take]:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    rows = csv.writer(text)
    rows.writerow(_HEADER)

    def take(finding: Finding) -> None:
        rows.writerow([cell if isinstance(cell, int) else inert(cleaned(cell)) for cell in _cells(finding)])

    yield take
    text.detach()


@contextmanager
def _xlsx(out: IO[bytes]) -> Iterator[Take]:
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types; only .xlsx pays for it

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book: Any = xlsxwriter.Workbook(out, options)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    rows = count()
    sheet: Any = None

    def take(finding: Finding | None) -> None:
        nonlocal sheet
        number, row = divmod(next(rows), _MOST_ROWS)
        if row == 0:
            sheet = _add_sheet(book, f"Findings {number + 1}" if number else "Findings", bold)
        for column, cell in enumerate(_cells(finding) if finding else ()):
            if isinstance(cell, int):
                sheet.write_number(row + 1, column, cell, wrapped)
            else:
                sheet.write_string(row + 1, column, cut(cleaned(cell)), wrapped)

    yield take
    if sheet is None:
        take(None)
    book.close()


def _add_sheet(book: Any, name: str, bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, _HEADER, bold)
    return sheet


def _cells(finding: Finding) -> tuple[int | str, ...]:
    weight = "advice" if finding.is_advice else "limit"
    return (finding.row, finding.column, finding.rule, weight, finding.message, finding.text)
