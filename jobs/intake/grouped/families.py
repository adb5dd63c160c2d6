"""Which rows a platform makes children of another where the row alone does not say it: learnt by a survey."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from jobs.intake.grouped.keys import key_text
from jobs.intake.grouped.platforms import Platform
from jobs.sheet import Row, Sheet

_LISTED_SKU = re.compile(r"(?:^|[|,])\s*sku\s*=\s*([^,|]+)", re.IGNORECASE)
#: WooCommerce's types of products that stand for themselves.
_WITHOUT_VARIATIONS = frozenset({"simple", "grouped", "external"})


class Families:
    """The parents of a sheet: their keys by what children call them by, and nothing else of the sheet."""

    def __init__(self, platform: Platform, rows: Iterable[Row]) -> None:
        self._columns = platform.columns
        self._parents: dict[str, str] = {}
        if platform.name == "woocommerce":
            self._read_woocommerce(rows)
        else:
            self._read_magento(rows)

    def parent_of(self, name: str) -> str:
        """Give the key of the parent that is meant by its SKU or `id:123`, or of which this SKU is a child; else ""."""
        return self._parents.get(_folded(name), "")

    def _read_woocommerce(self, rows: Iterable[Row]) -> None:
        """Take what can have variations: `variable`, and the types of extensions; without types any row."""
        has_types = "type" in self._columns
        for row in rows:
            if has_types and not _may_have_variations(self._cell(row, "type")):
                continue
            sku, number = self._cell(row, "key"), self._cell(row, "id")
            for name in filter(None, (sku, number and f"id:{number}")):
                self._parents.setdefault(_folded(name), sku or name)

    def _read_magento(self, rows: Iterable[Row]) -> None:
        """Take the children that configurable products list: in one cell, or in Magento 1 one in each of their rows."""
        above = ""
        for row in rows:
            above = self._cell(row, "key") or above
            children = [*_LISTED_SKU.findall(self._cell(row, "variations")), self._cell(row, "children")]
            for child in filter(None, map(_folded, children)):
                if above and child != _folded(above):
                    self._parents.setdefault(child, above)

    def _cell(self, row: Row, role: str) -> str:
        return key_text(row, self._columns.get(role))


def survey(platform: Platform, sheet: Sheet) -> Families:
    """Read the sheet once where its rows do not name their parents by the key that these have; else nothing."""
    needs = {"woocommerce": {"parent"}, "magento": {"variations", "children"}}
    is_needed = bool(needs.get(platform.name, set()) & platform.columns.keys())
    return Families(platform, sheet.rows() if is_needed else ())


@lru_cache(maxsize=256)
def is_variation(kind: str) -> bool:
    """Whether a WooCommerce type is a variation's: `variation`, `variation, virtual`, `subscription_variation`."""
    return any(one.endswith("variation") for one in _types(kind))


@lru_cache(maxsize=256)
def _may_have_variations(kind: str) -> bool:
    return bool(_types(kind)) and not _types(kind) & _WITHOUT_VARIATIONS and not is_variation(kind)


def _types(kind: str) -> frozenset[str]:
    """Split a type: `simple, downloadable, virtual`."""
    return frozenset(part.strip().casefold() for part in kind.split(",") if part.strip())


def _folded(name: str) -> str:
    """Magento takes SKUs for the same whatever their case, and an id may stand as `id: 12`."""
    folded = name.strip().casefold()
    return folded.replace(" ", "") if folded.startswith("id:") else folded
