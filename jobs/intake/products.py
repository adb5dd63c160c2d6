"""Rows become products: those that belong together are one, and copy is written once for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from jobs.intake.grouped.grouping import Grouping, Place, find_grouping
from jobs.intake.grouped.joining import join, together
from jobs.intake.header import shown
from jobs.intake.letters import column_letter
from jobs.intake.mapping import ColumnMap
from jobs.intake.names import plain_name
from jobs.intake.row_range import RowRange
from jobs.sheet import Column, Product, Row, Sheet, SheetInfo

#: Products that are handed on together: enough for one transaction of the store.
PAGE_PRODUCTS = 2000

#: So many columns are named in one line.
_NAMED = 6
#: WooCommerce writes a line break as `\n`, and `\n` that is text as `\\n`. Source: its
#: class-wc-product-csv-importer.php, `parse_description_field`.
_SPELT_BREAK = re.compile(r"\\(\\n)|\\n")
#: WooCommerce's own name of an attribute that all products share: `pa_color`.
_SHARED_ATTRIBUTE = "pa_"


def read_products(
    sheet: Sheet, mapping: ColumnMap, *, key: str | None = None, rows: RowRange | None = None
) -> Iterator[list[Product]]:
    """Stream the sheet's products in pages, in the order of their first rows.

    Neighbouring rows of one product come as one. A product that goes on further down comes again, to be joined by
    `join`, so that memory does not grow with the sheet. `rows` chooses products by any of their rows: by a platform's
    rule wherever these stand, by a plain key among neighbours.

    Raises: UserError (key, conflict).
    """
    grouping = find_grouping(sheet.info.columns, key)
    products = _row_products(grouping, sheet, mapping)
    if rows is not None and grouping.platform:
        chosen = _keys_within(rows, grouping.places(sheet))
        products = (product for product in products if product.key in chosen)
        rows = None
    page: list[Product] = []
    for run in _runs(products, rows):
        whole = run[0]
        if len(run) > 1:
            whole = join(run, mapping.variables, headers=mapping.headers, where=sheet.info.path.name)
        page.append(whole)
        if len(page) == PAGE_PRODUCTS:
            yield page
            page = []
    if page:
        yield page


def describe(mapping: ColumnMap, info: SheetInfo, key: str | None) -> list[str]:
    """Say line by line what was chosen, for the person at the keyboard."""
    place = f'sheet "{info.sheet}", ' if info.sheet else ""
    grouping = find_grouping(info.columns, key)
    options = _option_places(grouping)
    lines = [f"{info.path.name}: {place}header in row {info.header_row}", *_names_of_ours(info), grouping.said()]
    lines += [
        f"{name} ← {_place(choice.column)} ({'--map' if choice.how == 'map' else choice.how})"
        for name, choice in mapping.choices.items()
    ]
    for variable in mapping.missing(mapping.variables):
        source = options if options and variable.varies else "no column"
        lines.append(f"{variable.name} ← {source}{' (needed)' if variable.needed else ''}")
    return lines


def _names_of_ours(info: SheetInfo) -> list[str]:
    """Say what columns are called here whose header is empty or stands twice in the sheet."""
    renamed = [_place(column) for column in info.columns if column.header != shown(column.raw)]
    if not renamed:
        return []
    more = f" and {len(renamed) - _NAMED} more" if len(renamed) > _NAMED else ""
    return [f"empty or doubled headers, named here ← {', '.join(renamed[:_NAMED])}{more}"]


def _place(column: Column) -> str:
    return f'column {column_letter(column.index)} "{column.header}"'


def _option_places(grouping: Grouping) -> str:
    """Say where options stand that give a varying variable by their names."""
    platform = grouping.platform
    if platform is None:
        return ""
    columns = [value for _, value in platform.options]
    columns += [platform.columns[role] for role in ("variations", "attributes") if role in platform.columns]
    headers = ", ".join(f'"{column.header}"' for column in columns)
    return f"options of that name in {headers}" if headers else ""


def _row_products(grouping: Grouping, sheet: Sheet, mapping: ColumnMap) -> Iterator[Product]:
    """Make a product of each row; a row without key and values is none."""
    sources = [(name, choice.column.index) for name, choice in mapping.choices.items()]
    is_listing = grouping.platform is not None and grouping.platform.on_every_row
    spells_breaks = grouping.platform is not None and grouping.platform.name == "woocommerce"
    names = _option_names(mapping)
    for row, place in grouping.places(sheet):
        cells = row.cells
        width = len(cells)
        values = {name: cells[index].strip() if index < width else "" for name, index in sources}
        if spells_breaks:
            values = {name: _breaks_told(text) for name, text in values.items()}
        if place.options:
            values |= _option_values(place.options, names)
        if place.key or any(values.values()):
            yield Product(
                key=_key(row, place),
                rows=(row.number,),
                values=values,
                standing=place.standing,
                on_every_row=is_listing,
            )


def _breaks_told(text: str) -> str:
    return _SPELT_BREAK.sub(lambda spelt: spelt[1] or "\n", text).strip() if "\\n" in text else text


def _key(row: Row, place: Place) -> str:
    return place.key or f"row {row.number}"


def _option_names(mapping: ColumnMap) -> dict[str, str]:
    """Give the varying variables by the names that options may have for them, but those that `--map` gives."""
    names: dict[str, str] = {}
    for variable in mapping.variables:
        choice = mapping.choices.get(variable.name)
        if variable.varies and not (choice and choice.how == "map"):
            for name in (variable.name, *variable.aliases, variable.label):
                names.setdefault(plain_name(name), variable.name)
    return names


def _option_values(options: Iterable[tuple[str, str]], names: Mapping[str, str]) -> dict[str, str]:
    """Give the values of the variables that options mean."""
    found: dict[str, list[str]] = {}
    for option, value in options:
        name = names.get(plain_name(option.removeprefix(_SHARED_ATTRIBUTE)))
        if name:
            found.setdefault(name, []).append(value)
    return {name: together(values) for name, values in found.items()}


def _keys_within(rows: RowRange, places: Iterable[tuple[Row, Place]]) -> set[str]:
    """Collect the products that have a row in the range."""
    keys = set()
    for row, place in places:
        if row.number > rows.last:
            break
        if row.number in rows:
            keys.add(_key(row, place))
    return keys


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
