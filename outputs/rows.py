"""The results of a product's items as cells of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count, groupby

from jobs.results import ItemResult, ItemState
from outputs.columns import ColumnKind, OutputColumn

#: What a cell holds: text, a whole number, an amount; None is blank.
CellValue = str | int | Decimal | None
#: Cells of one row by their column's position in the plan; a column without a key stays as it is.
Cells = dict[int, CellValue]

SIMULATED = "simulated: "
UNPRICED = "unpriced"

_WORST = {state: rank for rank, state in enumerate(ItemState)}
_NO_COPY = {ItemState.PENDING, ItemState.FAILED}


def cells_by_row(
    columns: Sequence[OutputColumn], results: Iterable[ItemResult], *, simulated: bool
) -> Iterator[tuple[int, Cells]]:
    """Give the rows' cells in the order of the sheet; results come ordered by the first row that takes their copy.

    The copy goes to all rows that take it, its account to the lead row alone, so that a column's sum is the job's.
    Held are the rows of the products that are begun and not ended.
    """
    ahead: list[tuple[int, int, Cells]] = []
    # No two cells are compared, not even those of a damaged sheet that numbers two rows alike.
    turn = count()
    for lead, items in groupby(results, key=lambda item: item.row):
        group = list(items)
        rows = group[0].copy_rows
        while ahead and ahead[0][0] < min(rows):
            yield _next(ahead)
        cells = row_cells(columns, group, simulated=simulated)
        heappush(ahead, (lead, next(turn), cells))
        others = _copy_alone(columns, cells) if len(rows) > 1 else {}
        for row in rows[1:]:
            heappush(ahead, (row, next(turn), others))
    while ahead:
        yield _next(ahead)


def _next(ahead: list[tuple[int, int, Cells]]) -> tuple[int, Cells]:
    row, _, cells = heappop(ahead)
    return row, cells


def row_cells(columns: Sequence[OutputColumn], results: Sequence[ItemResult], *, simulated: bool) -> Cells:
    """Give the cells of a product's lead row.

    An item without copy leaves the cells of its fields as they are, and a user's column is never blanked.
    """
    by_item = {(item.template, item.locale): item for item in results}
    cells: Cells = {}
    for position, column in enumerate(columns):
        if column.kind is not ColumnKind.FIELD:
            cells[position] = _account(column.kind, results, simulated=simulated)
            continue
        item = by_item.get((column.template, column.locale))
        if item is None or item.state in _NO_COPY or not item.copy:
            continue
        text = _text(item, column)
        if text or not column.users:
            cells[position] = text or None
    return cells


def _copy_alone(columns: Sequence[OutputColumn], cells: Cells) -> Cells:
    """Give the cells of a product's other rows: an account that an earlier run left there is blanked."""
    return {at: value if columns[at].kind is ColumnKind.FIELD else None for at, value in cells.items()}


def _text(item: ItemResult, column: OutputColumn) -> str:
    value = item.copy.get(column.field, "")
    if isinstance(value, str):
        return value if not column.part else ""
    part = column.part or 0
    return value[part] if part < len(value) else ""


def _account(kind: ColumnKind, results: Sequence[ItemResult], *, simulated: bool) -> CellValue:
    match kind:
        case ColumnKind.STATUS:
            worst = max((item.state for item in results), key=_WORST.__getitem__)
            return f"{SIMULATED if simulated else ''}{worst}"
        case ColumnKind.NOTES:
            return _notes(results) or None
        case ColumnKind.MODEL:
            return ", ".join(dict.fromkeys(item.model for item in results if item.model)) or None
        case ColumnKind.INPUT_TOKENS:
            return sum(item.usage.input_tokens for item in results)
        case ColumnKind.OUTPUT_TOKENS:
            return sum(item.usage.output_tokens for item in results)
        case _:
            return _cost(results)


def _cost(results: Sequence[ItemResult]) -> Decimal | None:
    costs = [item.cost_usd for item in results if item.cost_usd is not None]
    return sum(costs, Decimal(0)) if len(costs) == len(results) else None


def _notes(results: Sequence[ItemResult]) -> str:
    lines = []
    for item in results:
        said = [item.notes] if item.notes else []
        if item.cost_usd is None:
            said.append(f"{UNPRICED}: the price book has no price for {item.model or 'its model'}")
        if said:
            lines.append((_label(item) if len(results) > 1 else "") + "; ".join(said))
    return "; ".join(lines)


def _label(item: ItemResult) -> str:
    name = item.template.partition("@")[0]
    return f"{name} [{item.locale}]: " if item.locale else f"{name}: "
