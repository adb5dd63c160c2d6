"""Which sheet of a workbook has the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from jobs.intake.names import plain_name
from jobs.sheet import SheetInfo
from templates.errors import UserError, nearest

#: A sheet with fewer columns than this is notes or a list, if another sheet has a table.
_TABLE_COLUMNS = 3
#: So many columns that products usually have mark the sheet of products.
_PRODUCT_COLUMNS = 2
#: What such columns are called, folded, in part or as a whole.
_PRODUCT_NAME = re.compile(
    "sku|gtin|ean13|upc|barcode|handle|title|price|brand|vendor|description|producttype|parent|quantity|colou?r|size|"
    "material|weight|imageurl|mainimage|stock|category|artikel|bezeichnung|beschreibung|preis|marke|farbe|"
    "titre|prix|marque|couleur|taille|titulo|precio|marca|talla|articul|артикул|наименование|цена"
)
#: Names of tabs beside the products: how to fill in, what may be filled in, and what it may look like.
_ASIDE = re.compile(
    r"instruct|read ?me|how ?to|guide|help|notes?\b|legend|glossary|definition|valid ?values|drop ?down|look ?ups?|"
    r"^lists$|example|sample|cover|change ?log|anleitung|hinweis|beispiel|legende|ausf(ü|ue)ll|mode d.emploi|exemple|"
    r"instruc|ejemplo|istruzion|esempio|instrukcj",
    re.IGNORECASE,
)


class Tab(Protocol):
    """A worksheet by what is known before it is read."""

    @property
    def name(self) -> str:
        """Name on the tab."""

    @property
    def visible(self) -> bool:
        """Whether a person sees the tab."""


TabT = TypeVar("TabT", bound=Tab)

#: Describes a sheet by its first rows, and counts how many of them are data.
Look = Callable[[TabT], tuple[SheetInfo, int]]


def choose_sheet(path: Path, tabs: Iterable[TabT], look: Look[TabT], wanted: str | None) -> tuple[TabT, SheetInfo]:
    """Take the sheet that a person named, else the first visible one that has a table of products with rows.

    Where none is that, the first of those that come nearest to it is taken.

    Raises: UserError (sheet, source, header_row) when there is no such sheet, or none has a table.
    """
    if wanted is not None:
        tab = _named(path, list(tabs), wanted)
        return tab, look(tab)[0]
    looked: list[tuple[tuple[bool | int, ...], TabT, SheetInfo]] = []
    refused: list[UserError] = []
    for tab in _visible(tabs):
        try:
            info, data_rows = look(tab)
        except UserError as error:
            refused.append(error)
            continue
        marks = _marks(tab, info, data_rows)
        if all(marks[:-1]):
            return tab, info
        looked.append((marks, tab, info))
    if looked:
        _, tab, info = max(looked, key=lambda entry: entry[0])
        return tab, info
    if len(refused) > 1 and {error.code for error in refused} == {"source"}:
        raise UserError(f"{path.name} is empty: no sheet has a table.", fix="Give a file with a table.", code="source")
    raise next(iter(refused), None) or UserError(
        f"{path.name} has no visible worksheet.", fix="Name a hidden sheet with --sheet.", code="source"
    )


def _marks(tab: Tab, info: SheetInfo, data_rows: int) -> tuple[bool | int, ...]:
    """Give what speaks for a sheet, the weightiest first."""
    names = sum(_PRODUCT_NAME.search(plain_name(column.header)) is not None for column in info.columns)
    width = len(info.columns)
    is_table = data_rows > 0 and width >= _TABLE_COLUMNS
    return not _ASIDE.search(tab.name), names >= _PRODUCT_COLUMNS, is_table, data_rows > 0, width


def _visible(tabs: Iterable[TabT]) -> Iterable[TabT]:
    return (tab for tab in tabs if tab.visible)


def _named(path: Path, tabs: Sequence[TabT], wanted: str) -> TabT:
    for spelling in (str, lambda name: name.strip().casefold()):
        for tab in tabs:
            if spelling(tab.name) == spelling(wanted):
                return tab
    raise UserError(
        f'{path.name} has no sheet "{wanted}".{nearest(wanted, [tab.name for tab in tabs])}',
        fix="Give the name on the sheet's tab, or leave --sheet out.",
        code="sheet",
    )
