"""The report beside the workbook, for the analyst."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import xlsxwriter

from jobs.results import AttemptLine, ItemResult, Summary
from outputs.whole_file import whole_file


def write_report(
    target: Path,
    summary: Summary,
    *,
    job: Mapping[str, str],
    items: Callable[[], Iterator[ItemResult]],
    attempts: Callable[[], Iterator[AttemptLine]],
) -> None:
    """Write the report."""
    with whole_file(target) as file:
        book = xlsxwriter.Workbook(file)
        sheet = book.add_worksheet("Summary")
        sheet.write_row(0, 0, ["job", summary.job])
        for n, (key, value) in enumerate(job.items(), 1):
            sheet.write_row(n, 0, [key, value])
        sheet = book.add_worksheet("Items")
        sheet.write_row(0, 0, ["row", "key", "cost_usd"])
        for n, item in enumerate(items(), 1):
            sheet.write_row(n, 0, [item.row, item.key, float(item.cost_usd or 0)])
        sheet = book.add_worksheet("Attempts")
        for n, line in enumerate(attempts(), 1):
            sheet.write_row(n, 0, [line.attempt, line.row])
        book.close()
