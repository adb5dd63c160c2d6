"""One task on one sheet, in a process of its own: ours, or as a plain script with pandas and openpyxl does it.

`python bench/spreadsheet_tasks.py ours-read SOURCE TARGET`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.sheet import IsolatedSheet
from jobs.results import ItemResult, ItemState
from jobs.usage import TokenUsage

_TEXT = "Keeps tea hot for hours. Enamelled steel, a lid that stops drips, and a handle that stays cool. " * 3


def ours_read(source: Path, _target: Path) -> int:
    """Stream every row as text, in the child process that the product reads in."""
    return sum(1 for _ in IsolatedSheet(source, limits=ReadLimits()).rows())


def ours_write(source: Path, target: Path) -> int:
    """Write copy for every row into the user's own file, in the process that the product writes in."""
    from outputs.isolation.writing import IsolatedWriting  # noqa: PLC0415 - no part of reading
    from outputs.writeback import write_workbook  # noqa: PLC0415 - as above
    from templates.catalog import Catalog  # noqa: PLC0415 - as above

    sheet = IsolatedSheet(source, limits=ReadLimits())
    template = Catalog([]).find("product-description")
    copy: dict[str, str | list[str]] = {field.name: _TEXT for field in template.fields}
    rows = int(source.stem.rpartition("-")[2])

    def results() -> Iterator[ItemResult]:
        for row in range(2, rows + 2):
            yield _result(row, template.ref, copy)

    write_workbook(
        sheet.info,
        target,
        templates=[template],
        locales=(),
        fill={},
        results=results(),
        simulated=False,
        write=IsolatedWriting(ReadLimits()),
    )
    return rows


def theirs_read(source: Path, _target: Path) -> int:
    """Read it as pandas does."""
    import pandas as pd  # noqa: PLC0415 - its weight is no part of our tasks

    return len(pd.read_excel(source, engine="openpyxl", dtype=str))


def theirs_write(source: Path, target: Path) -> int:
    """Load it with openpyxl, add the columns, save it."""
    import openpyxl  # noqa: PLC0415 - as above

    book = openpyxl.load_workbook(source)
    sheet = book.active
    assert sheet is not None  # noqa: S101 - made with one
    first = sheet.max_column + 1
    for at in range(8):
        sheet.cell(1, first + at, f"New {at}")
    for row in range(2, sheet.max_row + 1):
        for at in range(8):
            sheet.cell(row, first + at, _TEXT if at < 2 else at)  # noqa: PLR2004 - two texts and six figures, as ours
    book.save(target)
    return int(sheet.max_row) - 1


def _result(row: int, template: str, copy: dict[str, str | list[str]]) -> ItemResult:
    return ItemResult(
        row=row,
        copy_rows=(row,),
        key=str(row),
        template=template,
        locale="",
        state=ItemState.DONE,
        copy=copy,
        model="amazon.nova-lite-v1:0",
        lane="on-demand",
        tier="default",
        usage=TokenUsage(input_tokens=812, output_tokens=163),
        cost_usd=Decimal("0.00008784"),
        price_ref="amazon.nova-lite-v1:0",
        attempts=1,
        seconds=1.5,
        finish="end_turn",
        notes="",
        fingerprint="",
    )


TASKS: dict[str, Callable[[Path, Path], int]] = {
    "ours-read": ours_read,
    "ours-write": ours_write,
    "theirs-read": theirs_read,
    "theirs-write": theirs_write,
}

if __name__ == "__main__":
    print(json.dumps({"rows": TASKS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))}))
