from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from importlib import resources
from pathlib import Path

from jobs.prices.own import own_cells
from jobs.prices.row import COLUMNS, KINDS, PriceRow, trusted_row

#: Where a price is looked for: region, scope, lane.
_Place = tuple[str, str, str]
_DATE = COLUMNS.index("effective_from")


class PriceBook:
    """Dated, sourced prices by model, Region, scope, lane, token kind and context step.

    A model's lines become rows when they are first asked for, because a job needs one or two of the models.
    """

    def __init__(self, lines: Iterable[tuple[str, ...]]) -> None:
        self._lines: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for line in lines:
            self._lines[line[0]].append(line)
        self._shelves: dict[str, dict[_Place, _Shelf]] = {}

    @classmethod
    def load(cls, own: Path | None = None) -> PriceBook:
        """Open the book that comes with the program, with the rows of a user's own file added.

        Of two rows with the same key and date the user's counts.

        Raises:
            UserError: the user's file cannot be read or is wrong.
        """
        text = resources.files("jobs.prices").joinpath("bedrock.csv").read_text(encoding="utf-8")
        lines = [tuple(cells) for cells in csv.reader(text.splitlines()[1:])]
        return cls(lines + own_cells(own) if own else lines)

    @cached_property
    def date(self) -> dt.date:
        """The newest date in the book."""
        return dt.date.fromisoformat(max(line[_DATE] for lines in self._lines.values() for line in lines))

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The base model ids that have any price."""
        return tuple(sorted(self._lines))

    def rate(
        self, model: str | None, region: str, scope: str, lane: str, kind: str, *, on: dt.date, input_tokens: int
    ) -> PriceRow | None:
        """Find the price in force on a day for a prompt of so many tokens; None where nobody has published one.

        The newest row that is not after the day counts. A day before the first row takes that first row: the book
        starts with the day a price was read, not with the day it began; the reference then shows the later date.
        """
        shelf = self._shelf(model or "").get((region, scope, lane))
        return shelf.pick(kind, on=on, input_tokens=input_tokens) if shelf else None

    def rows(
        self, *, model: str = "", region: str = "", scope: str = "", lane: str = "", on: dt.date | None = None
    ) -> list[PriceRow]:
        """List the rows that match; a model by any part of its id. With a day: only those in force on it."""
        wanted = model.casefold()
        return [
            row
            for name in self.models
            if wanted in name.casefold()
            for place, shelf in self._shelf(name).items()
            if all(want in ("", have) for want, have in zip((region, scope, lane), place, strict=True))
            for row in shelf.listed(on)
        ]

    def _shelf(self, model: str) -> dict[_Place, _Shelf]:
        shelf = self._shelves.get(model)
        if shelf is None:
            shelf = {}
            for row in map(trusted_row, self._lines.get(model, ())):
                shelf.setdefault((row.region, row.scope, row.lane), _Shelf()).add(row)
            self._shelves[model] = shelf  # two threads may build it at once: both build the same
        return shelf


class _Shelf:
    """The rows of one model in one Region, scope and lane."""

    def __init__(self) -> None:
        self._rows: defaultdict[tuple[str, int], list[PriceRow]] = defaultdict(list)
        self._steps: set[int] = {0}
        self._picked: dict[tuple[str, int, dt.date], PriceRow | None] = {}

    def add(self, row: PriceRow) -> None:
        self._rows[row.kind, row.context_above_tokens].append(row)
        self._steps.add(row.context_above_tokens)

    def pick(self, kind: str, *, on: dt.date, input_tokens: int) -> PriceRow | None:
        # A step counts for every kind: a kind without a row in it has no known price there, not the lower one.
        step = max(step for step in self._steps if step == 0 or step < input_tokens)
        place = (kind, step, on)
        if place not in self._picked:
            self._picked[place] = _in_force(self._rows.get((kind, step), ()), on)
        return self._picked[place]

    def listed(self, on: dt.date | None) -> list[PriceRow]:
        found: list[PriceRow] = []
        for kind, step in sorted(self._rows, key=lambda key: (KINDS.index(key[0]), key[1])):
            rows = self._rows[kind, step]
            row = _in_force(rows, on) if on else None
            found += [row] if row else sorted(rows, key=lambda row: row.effective_from)
        return found


def _in_force(rows: Iterable[PriceRow], on: dt.date) -> PriceRow | None:
    best: PriceRow | None = None
    for row in rows:
        if best is None or _rank(row, on) >= _rank(best, on):
            best = row
    return best


def _rank(row: PriceRow, on: dt.date) -> tuple[bool, int]:
    # Rows in force come first, the newest first; of the later ones the earliest.
    day = row.effective_from.toordinal()
    return (True, day) if row.effective_from <= on else (False, -day)
