"""Which rows are one product: by the platform's own rule, or by a key column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from jobs.intake.grouped.families import Families, is_variation, survey
from jobs.intake.grouped.keys import key_column, key_text
from jobs.intake.grouped.options import Options
from jobs.intake.grouped.platforms import Platform, find_platform
from jobs.intake.letters import column_letter
from jobs.sheet import Column, Row, Sheet, Standing

#: Which row takes the copy where it is not simply a product's first.
_LEAD_ROWS = {
    "woocommerce": "on the product's own row, not on its variations",
    "magento": "on the product's own row, not on its children and store views",
    "ebay": "on the listing's own row, not on its variations",
}
#: `contribution_sku#1.value`
_MACHINE_NAME_END = "#1.value"
#: Platforms whose rows of one product follow the product's own row without naming it.
_BELOW = {
    "squarespace": "a row with a {title} and the rows without one below it",
    "bigcommerce": 'a row with "Product" in {type} and the other rows below it',
    "ebay": "a listing and the rows below it with a {type}",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs."""

    #: Of its product; "" when the row has none.
    key: str
    #: None where no platform's rule holds.
    standing: Standing | None = None
    #: Names and values of what tells it from the other rows of its product.
    options: tuple[tuple[str, str], ...] = ()


class Grouping(Protocol):
    """A rule that says of each row where it belongs."""

    @property
    def platform(self) -> Platform | None:
        """The platform whose rule it is, None for a plain key."""

    def places(self, sheet: Sheet) -> Iterator[tuple[Row, Place]]:
        """Stream the sheet's rows with their places."""

    def said(self) -> str:
        """Say the rule in one line, for the person at the keyboard."""


def find_grouping(columns: Sequence[Column], key: str | None) -> Grouping:
    """Choose the rule: `--key` as told, else the platform's, else the usual key columns.

    Raises: UserError (key) when the column told does not exist.
    """
    platform = find_platform(columns) if key is None else None
    if platform is None:
        return ByKey(column=key_column(columns, key), is_told=key is not None)
    return ByPlatform(platform)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKey:
    """Rows with one key are one product; without a key column each row is."""

    column: Column | None
    is_told: bool

    @property
    def platform(self) -> None:
        """None: the key is the sheet's own."""

    def places(self, sheet: Sheet) -> Iterator[tuple[Row, Place]]:
        """Stream the sheet's rows with their places."""
        return ((row, Place(key_text(row, self.column))) for row in sheet.rows())

    def said(self) -> str:
        """Say the rule in one line."""
        if self.column is None:
            return "key ← none, each row is a product"
        place = f'column {column_letter(self.column.index)} "{self.column.header}"'
        return f"key ← {place}{' (--key)' if self.is_told else ''}"


class ByPlatform:
    """Rows belong together as the platform has it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._families: Families | None = None

    @property
    def platform(self) -> Platform:
        """The platform whose rule it is."""
        return self._platform

    def places(self, sheet: Sheet) -> Iterator[tuple[Row, Place]]:
        """Stream the sheet's rows with their places, after a survey where rows do not say it themselves."""
        options = Options(self._platform)
        self._families = self._families or survey(self._platform, sheet)
        for row, key, standing in self._keyed(sheet.rows(), self._families):
            yield row, Place(key, standing, options.of(row, key))

    def said(self) -> str:
        """Say the rule in one line."""
        where = "on every row" if self._platform.on_every_row else "on its first row"
        where = _LEAD_ROWS.get(self._platform.name, where)
        return f"products ← {self._platform.label}: {self._rule()} are one product, copy {where}"

    def _rule(self) -> str:
        headers = {role: f'"{column.header}"' for role, column in self._platform.columns.items()}
        match self._platform.name:
            case "woocommerce" if "parent" in headers:
                return f"a product and the variations that name it as {headers['parent']}"
            case "magento" if lists := headers.get("variations") or headers.get("children"):
                return f"a configurable product and its {lists}"
            case "amazon" if "parent" in headers:
                return f"a parent and the rows that name it as {headers['parent']}"
            case name if name in _BELOW:
                return _BELOW[name].format(**headers)
        return f"rows with one {headers.get('group') or headers.get('key') or headers['id']}"

    def _keyed(self, rows: Iterable[Row], families: Families) -> Iterator[tuple[Row, str, Standing]]:
        match self._platform.name:
            case "woocommerce":
                return ((row, *self._of_woocommerce(row, families)) for row in rows)
            case "magento":
                return self._of_magento(rows, families)
            case "amazon":
                return ((row, *self._of_amazon(row)) for row in rows if not self._names_columns(row))
            case name if name in _BELOW:
                return self._of_rows_below(rows)
        return ((row, self._cell(row, "group") or self._cell(row, "key"), Standing.MEMBER) for row in rows)

    def _of_woocommerce(self, row: Row, families: Families) -> tuple[str, Standing]:
        """Put a variation to its parent where the sheet has it; elsewhere it is a product of its own."""
        parent = families.parent_of(self._cell(row, "parent"))
        has_types = "type" in self._platform.columns
        if parent and (not has_types or is_variation(self._cell(row, "type"))):
            return parent, Standing.MEMBER
        number = self._cell(row, "id")
        return self._cell(row, "key") or (f"id:{number}" if number else ""), Standing.LEAD

    def _of_magento(self, rows: Iterable[Row], families: Families) -> Iterator[tuple[Row, str, Standing]]:
        """Put children to their configurable; a row without SKU goes on with the product above it (Magento 1).

        The rows of a store view hold its language: they are part of the product, give no facts and take no copy.
        """
        key = ""
        for row in rows:
            sku = self._cell(row, "key")
            parent = families.parent_of(sku)
            key = parent or sku or key
            if self._cell(row, "store"):
                standing = Standing.ASIDE
            else:
                standing = Standing.LEAD if sku and not parent else Standing.MEMBER
            yield row, key, standing

    def _of_rows_below(self, rows: Iterable[Row]) -> Iterator[tuple[Row, str, Standing]]:
        """Put the rows that follow a product's own row to it; a product without a key is called by its row."""
        key = ""
        for row in rows:
            is_own = self._is_own_row(row)
            if is_own:
                key = self._cell(row, "key") or self._cell(row, "id") or f"row {row.number}"
            yield row, key, Standing.LEAD if is_own else Standing.MEMBER

    def _is_own_row(self, row: Row) -> bool:
        match self._platform.name:
            case "squarespace":
                return bool(self._cell(row, "title"))
            case "bigcommerce":
                return self._cell(row, "type").casefold() == "product"
        return not self._cell(row, "type") and any(cell.strip() for cell in row.cells)

    def _names_columns(self, row: Row) -> bool:
        """Whether it is the second header row of Amazon's newer templates, below the names for people."""
        return self._cell(row, "key").endswith(_MACHINE_NAME_END)

    def _of_amazon(self, row: Row) -> tuple[str, Standing]:
        sku, parent = self._cell(row, "key"), self._cell(row, "parent")
        if parent and self._cell(row, "type").casefold() != "parent":
            return parent, Standing.MEMBER
        return sku, Standing.LEAD

    def _cell(self, row: Row, role: str) -> str:
        return key_text(row, self._platform.columns.get(role))
