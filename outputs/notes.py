"""What write-back had to change in a text so that the file can hold it."""

from __future__ import annotations

from dataclasses import dataclass, field

#: So many places are named; the counts go on.
NAMED = 100

_REPLACED = "with ? for characters that the file's encoding lacks (give --encoding utf-8 to keep them)"


@dataclass(frozen=True, slots=True)
class NotedCell:
    """A cell, by its sheet row number and its header."""

    row: int
    header: str


@dataclass(slots=True, kw_only=True)
class WriteNotes:
    """Cells whose text is not the copy to the letter; the first ones are named, all are counted."""

    #: Text cut at the sheet's limit; the whole text is in the store.
    cut: list[NotedCell] = field(default_factory=list)
    cut_cells: int = 0
    #: Characters removed that XML cannot carry.
    cleaned: list[NotedCell] = field(default_factory=list)
    cleaned_cells: int = 0
    #: Characters that the file's encoding lacks, written as `?`.
    replaced: list[NotedCell] = field(default_factory=list)
    replaced_cells: int = 0
    #: Cells of the user's that hold a formula, left as they are.
    formulas: list[NotedCell] = field(default_factory=list)
    formula_cells: int = 0
    #: Cells of the user's that lie under a merged one, where nobody would see the text.
    merged: list[NotedCell] = field(default_factory=list)
    merged_cells: int = 0
    #: What the user should know of the file as a whole, as sentences.
    remarks: list[str] = field(default_factory=list)

    def add_cut(self, row: int, header: str) -> None:
        """Note a cut cell."""
        self.cut_cells += 1
        _name(self.cut, row, header)

    def add_cleaned(self, row: int, header: str) -> None:
        """Note a cell that lost characters."""
        self.cleaned_cells += 1
        _name(self.cleaned, row, header)

    def add_replaced(self, row: int, header: str) -> None:
        """Note a cell with characters that the encoding lacks."""
        self.replaced_cells += 1
        _name(self.replaced, row, header)

    def add_formula(self, row: int, header: str) -> None:
        """Note a cell whose formula was not overwritten."""
        self.formula_cells += 1
        _name(self.formulas, row, header)

    def add_merged(self, row: int, header: str) -> None:
        """Note a cell that was not written because a merged one covers it."""
        self.merged_cells += 1
        _name(self.merged, row, header)

    def lines(self) -> list[str]:
        """Say it in sentences, one for each kind; empty when every text is whole and there is nothing to know."""
        said = (
            (self.cut_cells, self.cut, "cut at 32,767 characters, the most that a cell holds"),
            (self.cleaned_cells, self.cleaned, "without control characters, which a workbook cannot hold"),
            (self.replaced_cells, self.replaced, _REPLACED),
            (self.formula_cells, self.formulas, "not written, because the cell holds a formula"),
            (self.merged_cells, self.merged, "not written, because a merged cell lies over the cell"),
        )
        told = [f"{_cells(count)} {what}: {_where(places, count)}." for count, places, what in said if count]
        return told + self.remarks


def _name(places: list[NotedCell], row: int, header: str) -> None:
    if len(places) < NAMED:
        places.append(NotedCell(row, header))


def _cells(count: int) -> str:
    return f"{count:,} text{'' if count == 1 else 's'}"


def _where(places: list[NotedCell], count: int) -> str:
    shown = ", ".join(f'row {place.row} "{place.header}"' for place in places[:3])
    return f"{shown}{' …' if count > 3 else ''}"  # noqa: PLR2004 - three places fit a line
