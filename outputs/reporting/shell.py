"""The report without its long rows: every sheet with its header, widths and formats, made by XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from jobs.results import Summary
from outputs.reporting.columns import ATTEMPT_COLUMNS, BATCH_COLUMNS, FLAGGED_COLUMNS, ITEM_COLUMNS
from outputs.reporting.summary import SummarySheet
from outputs.reporting.tally import Tally

#: Rows of a worksheet below its header.
MOST_ROWS = 1_048_575

_WIDTHS = {
    "notes": 60, "copy": 80, "model": 34, "price_ref": 34, "request_id": 38, "attempt": 26, "fingerprint": 26,
    "message": 60, "arn": 80, "submitted_at": 26, "ended_at": 26, "more_input_tokens": 20, "more_output_tokens": 20,
    "manifest_input_tokens": 24, "manifest_output_tokens": 24, "shard": 22,
}  # fmt: skip
_USUAL_WIDTH = 16
_FORMATS = {"cost_usd": "money", "reserved_usd": "money", "copy": "wrapped", "records": "count"}
_SIMULATED_COLOUR = "#E69F00"


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSheet:
    """A sheet whose rows are streamed in afterwards."""

    title: str
    #: `items`, `attempts`, `flagged` or `batches`.
    kind: str
    columns: tuple[str, ...]
    rows: int
    #: Name of its part in the package.
    part: str


def lay_out(tally: Tally, *, batches: int = 0, most_rows: int = MOST_ROWS) -> list[LongSheet]:
    """Plan the sheets behind the summary; one that is full goes on in the next. Batch jobs get one if there are any."""
    kinds = (
        ("Items", "items", ITEM_COLUMNS, tally.items),
        ("Attempts", "attempts", ATTEMPT_COLUMNS, tally.attempts),
        ("Flagged", "flagged", FLAGGED_COLUMNS, tally.flagged),
        *((("Batch jobs", "batches", BATCH_COLUMNS, batches),) if batches else ()),
    )
    sheets: list[LongSheet] = []
    for title, kind, columns, rows in kinds:
        for page, before in enumerate(range(0, max(rows, 1), most_rows), 1):
            sheets.append(
                LongSheet(
                    title=title if page == 1 else f"{title} {page}",
                    kind=kind,
                    columns=columns,
                    rows=min(rows - before, most_rows),
                    part=f"xl/worksheets/sheet{len(sheets) + 2}.xml",
                )
            )
    return sheets


def make_shell(summary: Summary, tally: Tally, job: Mapping[str, str], sheets: list[LongSheet]) -> io.BytesIO:
    """Make the workbook; the second row of a long sheet holds the formats of its rows and nothing else."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    formats = {
        "header": book.add_format({"bold": True, "bottom": 1, "bg_color": "#F2F2F2"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "warning": book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": _SIMULATED_COLOUR}),
        "money": book.add_format({"num_format": "0.00##########"}),
        "count": book.add_format({"num_format": "#,##0"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    first = book.add_worksheet("Summary")
    for sheet in sheets:
        _long_sheet(book.add_worksheet(sheet.title), sheet, formats, simulated=summary.simulated)
    SummarySheet(book, first, formats).write(summary, tally, job)
    if summary.simulated:
        first.set_tab_color(_SIMULATED_COLOUR)
    book.close()
    return file


def _long_sheet(made: Any, sheet: LongSheet, formats: Mapping[str, Any], *, simulated: bool) -> None:
    made.write_row(0, 0, sheet.columns, formats["header"])
    made.freeze_panes(1, 2)
    made.autofilter(0, 0, max(sheet.rows, 1), len(sheet.columns) - 1)
    for index, name in enumerate(sheet.columns):
        made.set_column(index, index, _WIDTHS.get(name, _USUAL_WIDTH))
        if name in _FORMATS and sheet.rows:
            made.write_blank(1, index, None, formats[_FORMATS[name]])
    if simulated:
        made.set_tab_color(_SIMULATED_COLOUR)
