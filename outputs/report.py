"""The report beside the workbook, for the analyst."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from jobs.intake.ooxml.part_text import part_chunks
from jobs.intake.ooxml.sheet_scan import SheetScanner
from jobs.results import AttemptLine, ItemResult, Summary
from jobs.store.shard_table import ShardRecord
from outputs.reporting.columns import (
    TO_LOOK_AT,
    ReportValue,
    attempt_values,
    batch_values,
    flagged_values,
    item_values,
)
from outputs.reporting.rows import rows_xml
from outputs.reporting.shell import MOST_ROWS, LongSheet, lay_out, make_shell
from outputs.reporting.tally import tally_job
from outputs.whole_file import whole_file
from outputs.xlsx.package import rewrite_package
from outputs.xlsx.sheet_cells import CellReader

_DIMENSION = re.compile(rb'(<dimension ref="A1:[A-Z]+)2')

_Values = Iterator[Sequence[ReportValue]]


def write_report(
    target: Path,
    summary: Summary,
    *,
    job: Mapping[str, str],
    items: Callable[[], Iterator[ItemResult]],
    attempts: Callable[[], Iterator[AttemptLine]],
    batches: Sequence[ShardRecord] = (),
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the report; memory does not grow with the job.

    `job`: names and values for the block at the top: templates, price-book date, options.
    `batches`: the job's batch-inference jobs.
    `items` and `attempts` are called more than once and give the same each time.

    Raises:
        UserError: the target cannot be written.
    """
    tally = tally_job(items(), attempts())
    sheets = lay_out(tally, batches=len(batches), most_rows=most_rows)
    shell = make_shell(summary, tally, job, sheets)
    values: dict[str, _Values] = {
        "items": map(item_values, items()),
        "attempts": map(attempt_values, attempts()),
        "flagged": (flagged_values(item) for item in items() if item.state in TO_LOOK_AT)
        if tally.flagged
        else iter(()),
        "batches": map(batch_values, batches),
    }
    with zipfile.ZipFile(shell) as package, whole_file(target) as out:
        parts = {sheet.part: partial(_filled, package, sheet, values[sheet.kind]) for sheet in sheets if sheet.rows}
        rewrite_package(package, io.BytesIO(shell.getbuffer()), out, parts)


def _filled(package: zipfile.ZipFile, sheet: LongSheet, values: _Values) -> Iterator[bytes]:
    """Stream a long sheet: the shell's head and header, the rows in the formats of the shell's second row, its end."""
    with package.open(sheet.part) as part:
        scanner = SheetScanner(part_chunks(part)[1])
        header, formats = list(scanner.rows())
        styles = {cell.column: cell.style.decode() for cell in CellReader(b"").cells(formats.body)}
        yield _DIMENSION.sub(rb"\g<1>%d" % (sheet.rows + 1), scanner.head, count=1)
        yield b"".join(header[1:])
        by_column = [styles.get(index, "") for index in range(len(sheet.columns))]
        yield from rows_xml(islice(values, sheet.rows), by_column, first_row=2)
        yield from scanner.tail()
