"""Which sheet of a workbook has the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from jobs.intake.names import plain_name
from jobs.sheet import SheetInfo
from templates.errors import UserError, nearest

#: A sheet with fewer named columns than this is notes or a list, if another sheet has a table.
_TABLE_COLUMNS = 3
#: Among sheets for which as much speaks, the first that has this share of the columns that the widest has.
_COLUMNS_SHARE = 1 / 3
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
    r"instruct|read ?me|how ?to|guide|help|not[ae]s?\b|legend|glossary|definition|valid ?values|drop ?down|look ?ups?|"
    r"^lists$|example|\bsample|cover|contents?\b|change ?log|anleitung|hinweis|beispiel|legende|ausf(ü|ue)ll|"
    r"inhaltsverz|mode d.emploi|exemple|sommaire|instruc|ejemplo|contenido|istruzion|esempio|contenuto|instrukcj",
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

_Marks = tuple[bool, bool, bool, bool, bool, int]

#: Describes a sheet by its first rows, and counts how many of them are data.
Look = Callable[[TabT], tuple[SheetInfo, int]]


def choose_sheet(path: Path, tabs: Iterable[TabT], look: Look[TabT], wanted: str | None) -> tuple[TabT, SheetInfo]:
    """Take the sheet that a person named, else the first visible one that has a table of products with rows.

    Where none is that, the first of those that come nearest to it is taken, unless another is much wider.

    Raises: UserError (sheet, source, header_row) when there is no such sheet, or none has a table.
    """
    if wanted is not None:
        tab = _named(path, list(tabs), wanted)
        return tab, look(tab)[0]
    looked: list[tuple[_Marks, TabT, SheetInfo]] = []
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
        best = max(marks[:-1] for marks, _, _ in looked)
        nearest_to = [entry for entry in looked if entry[0][:-1] == best]
        widest = max(marks[-1] for marks, _, _ in nearest_to)
        return next((tab, info) for marks, tab, info in nearest_to if marks[-1] >= widest * _COLUMNS_SHARE)
    if len(refused) > 1 and {error.code for error in refused} == {"source"}:
        raise UserError(f"{path.name} is empty: no sheet has a table.", fix="Give a file with a table.", code="source")
    raise next(iter(refused), None) or UserError(
        f"{path.name} has no visible worksheet.", fix="Name a hidden sheet with --sheet.", code="source"
    )


def _marks(tab: Tab, info: SheetInfo, data_rows: int) -> _Marks:
    """Give what speaks for a sheet, the weightiest first, and how many columns it names."""
    products = sum(_PRODUCT_NAME.search(plain_name(column.header)) is not None for column in info.columns)
    # The name of a merged cell stands over many columns and is one.
    named = len({column.raw for column in info.columns if any(map(str.isalpha, column.raw))})
    is_table = data_rows > 0 and named >= _TABLE_COLUMNS
    is_no_list = named > 1
    return not _ASIDE.search(tab.name), products >= _PRODUCT_COLUMNS, is_table, data_rows > 0, is_no_list, named


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
