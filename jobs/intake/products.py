"""Rows become products: those that share a key are one, and copy is written once for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from jobs.intake.keys import key_column
from jobs.intake.letters import column_letter
from jobs.intake.mapping import ColumnMap
from jobs.intake.row_range import RowRange
from jobs.sheet import Column, Product, Row, Sheet, SheetInfo
from templates.errors import UserError
from templates.fields import Variable

#: Products that are handed on together: enough for one transaction of the store.
PAGE_PRODUCTS = 500

#: Between the values that the rows of one product have in a varying variable.
JOINT = ", "

#: What pasted keys carry at their ends: white space, NBSP, and what has no width.
_MARGIN = "\u0020\t\r\n\u00a0\u200b\u2060\ufeff\u3000\u2007\u202f"

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def read_products(
    sheet: Sheet, mapping: ColumnMap, *, key: str | None = None, rows: RowRange | None = None
) -> Iterator[list[Product]]:
    """Stream the sheet's products in pages, in the order of their first rows.

    Neighbouring rows with one key come as one product. A key that turns up again further down comes as a product
    again, to be joined by `merge`, so that memory does not grow with the sheet. A product is within `rows` when any
    row of its neighbours is.

    Raises: UserError (key, conflict).
    """
    column = key_column(sheet.info.columns, key)
    page: list[Product] = []
    for run in _runs(_row_products(sheet.rows(), mapping, column), rows):
        page.append(run[0] if len(run) == 1 else _joined(run, mapping.variables, mapping.headers))
        if len(page) == PAGE_PRODUCTS:
            yield page
            page = []
    if page:
        yield page


def merge(
    first: Product, again: Product, variables: Sequence[Variable], *, headers: Mapping[str, str] = _NO_HEADERS
) -> Product:
    """Join two parts of one product: varying values are put together, of others the first that is not empty holds.

    `headers` (variable name -> header of its column) makes the message speak of columns.

    Raises: UserError (conflict) when a needed variable that does not vary has two values.
    """
    return _joined((first, again), variables, headers)


def describe(mapping: ColumnMap, info: SheetInfo, key: str | None) -> list[str]:
    """Say line by line what was chosen, for the person at the keyboard."""
    place = f'sheet "{info.sheet}", ' if info.sheet else ""
    column = key_column(info.columns, key)
    lines = [
        f"{info.path.name}: {place}header in row {info.header_row}",
        f"key ← {_place(column)}{' (--key)' if key else ''}" if column else "key ← none, each row is a product",
    ]
    lines += [
        f"{name} ← {_place(choice.column)} ({'--map' if choice.how == 'map' else choice.how})"
        for name, choice in mapping.choices.items()
    ]
    lines += [
        f"{variable.name} ← no column{' (needed)' if variable.needed else ''}"
        for variable in mapping.missing(mapping.variables)
    ]
    return lines


def _place(column: Column) -> str:
    return f'column {column_letter(column.index)} "{column.header}"'


def _row_products(rows: Iterable[Row], mapping: ColumnMap, key: Column | None) -> Iterator[Product]:
    """Make a product of each row; a row without key and values is none."""
    sources = [(name, choice.column.index) for name, choice in mapping.choices.items()]
    for row in rows:
        cells = row.cells
        width = len(cells)
        values = {name: cells[index].strip() if index < width else "" for name, index in sources}
        own_key = cells[key.index].strip(_MARGIN) if key and key.index < width else ""
        if own_key or any(values.values()):
            yield Product(key=own_key or f"row {row.number}", rows=(row.number,), values=values)


def _runs(products: Iterable[Product], rows: RowRange | None) -> Iterator[list[Product]]:
    """Gather neighbours that share a key; leave out the runs that have no row in the range."""
    run: list[Product] = []
    for product in products:
        if run and run[0].key != product.key:
            if rows is None or any(part.rows[0] in rows for part in run):
                yield run
            run = []
        if not run and rows is not None and product.rows[0] > rows.last:
            return
        run.append(product)
    if run and (rows is None or any(part.rows[0] in rows for part in run)):
        yield run


def _joined(parts: Sequence[Product], variables: Sequence[Variable], headers: Mapping[str, str]) -> Product:
    first = parts[0]
    values = {
        name: next((part.values[name] for part in parts if part.values.get(name)), "")
        for name in dict.fromkeys(name for part in parts for name in part.values)
    }
    for variable in variables:
        if variable.name not in values:
            continue
        if variable.varies:
            values[variable.name] = _together(part.values.get(variable.name, "") for part in parts)
        elif variable.needed:
            _refuse_conflict(parts, variable, headers)
    return Product(key=first.key, rows=tuple(number for part in parts for number in part.rows), values=values)


def _together(texts: Iterable[str]) -> str:
    """Put differing values together, each once; the same whether rows are joined one by one or all at once."""
    distinct = list(dict.fromkeys(filter(None, texts)))
    if len(distinct) <= 1:
        return "".join(distinct)
    return JOINT.join(dict.fromkeys(piece for text in distinct for piece in text.split(JOINT)))


def _refuse_conflict(parts: Sequence[Product], variable: Variable, headers: Mapping[str, str]) -> None:
    given = [part for part in parts if part.values.get(variable.name)]
    for part in given[1:]:
        was, now = given[0].values[variable.name], part.values[variable.name]
        if was.split() != now.split():
            column = headers.get(variable.name, variable.name)
            raise UserError(
                f'Rows {given[0].rows[0]} and {part.rows[0]} have the same key "{part.key}", '
                f'but column "{column}" says "{_short(was)}" in one and "{_short(now)}" in the other.',
                fix="Make the two cells the same, empty one of them, or choose the column that tells these products "
                "apart with --key COLUMN.",
                code="conflict",
            )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - both values fit a terminal line
