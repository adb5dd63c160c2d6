"""Checks the copy that a sheet has already, row by row; nothing is sent."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby

from jobs.audit.choice import Choice
from jobs.audit.same_texts import SameTexts
from jobs.intake.grouped.grouping import Grouping, Place, find_grouping
from jobs.sheet import Row, Sheet, Standing
from templates.limits import LimitCheck

#: Texts that several products share are named up to so many for each column; they are all counted.
_NAMED_SAME = 100
#: Platforms with a row of its own for a product, whose other rows need no text.
_OWN_ROWS = ("woocommerce", "magento")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a text, or could be better."""

    row: int
    #: Header.
    column: str
    #: `empty`, `same_text`, or the rule that is broken.
    rule: str
    #: A sentence.
    message: str
    #: Advice only: the platform takes it.
    is_advice: bool = False
    text: str = ""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was found in one column."""

    choice: Choice
    #: Texts checked.
    checked: int = 0
    #: Rows that should have one and do not.
    empty: int = 0
    #: Texts that break a limit, and those that only go against advice.
    over_limit: int = 0
    over_advised: int = 0
    #: Of the products' texts, those that differ, and all.
    distinct: int = 0
    compared: int = 0
    same: SameTexts = field(default_factory=SameTexts, repr=False)


class Audit:
    """One pass over a sheet; its figures are whole once `findings` came to its end."""

    def __init__(self, sheet: Sheet, choices: Sequence[Choice], *, key: str | None) -> None:
        self._sheet = sheet
        self._grouping: Grouping = find_grouping(sheet.info.columns, key)
        self._checks = [(Tally(choice=choice), LimitCheck(choice.limit)) for choice in choices]
        self._keys = array("Q")
        self.rows = 0
        self.products = 0

    @property
    def rule(self) -> str:
        """Say what makes rows one product."""
        return self._grouping.said()

    @property
    def tallies(self) -> list[Tally]:
        """The figures of each checked column."""
        return [tally for tally, _ in self._checks]

    def findings(self) -> Iterator[Finding]:
        """Stream what is found, in the order of the rows; texts that products share come at the end."""
        previous = ""
        for row, place in self._grouping.places(self._sheet):
            self.rows += 1
            is_first = not place.key or place.key != previous
            previous = place.key
            self._count(place)
            needs_text = self._needs_text(place, is_first=is_first)
            compares = is_first and (needs_text or self._is_listing)
            for tally, check in self._checks:
                yield from _looked_at(row, tally, check, needs_text=needs_text, compares=compares)
        self.products += sum(1 for _ in groupby(sorted(self._keys)))
        for tally, _ in self._checks:
            yield from _shared(tally)

    @property
    def _is_listing(self) -> bool:
        return self._grouping.platform is not None and self._grouping.platform.on_every_row

    def _count(self, place: Place) -> None:
        """Count products: rows of one key are one wherever they stand, a row without key is one of its own."""
        if place.key:
            self._keys.append(int.from_bytes(blake2b(place.key.encode(), digest_size=8).digest(), "big"))
        else:
            self.products += 1

    def _needs_text(self, place: Place, *, is_first: bool) -> bool:
        """Say whether an empty cell of this row lacks something: a product's further rows are empty by right."""
        platform = self._grouping.platform
        if place.standing is Standing.ASIDE:
            return False
        if self._is_listing or place.standing is Standing.LEAD:
            return True
        return is_first and not (platform and platform.name in _OWN_ROWS)


def _looked_at(row: Row, tally: Tally, check: LimitCheck, *, needs_text: bool, compares: bool) -> Iterator[Finding]:
    column = tally.choice.column
    text = row.cells[column.index].strip() if column.index < len(row.cells) else ""
    if not text:
        if needs_text:
            tally.empty += 1
            yield Finding(row=row.number, column=column.header, rule="empty", message=f'"{column.header}" is empty')
        return
    tally.checked += 1
    if compares:
        tally.compared += 1
        tally.same.add(text, row.number)
    breaches = list(check.breaches(text))
    tally.over_limit += any(not breach.is_advice for breach in breaches)
    tally.over_advised += any(breach.is_advice for breach in breaches)
    for breach in breaches:
        yield Finding(
            row=row.number,
            column=column.header,
            rule=breach.rule,
            message=f'"{column.header}" {breach.message}',
            is_advice=breach.is_advice,
            text=text,
        )


def _shared(tally: Tally) -> Iterator[Finding]:
    header = tally.choice.column.header
    tally.distinct = tally.same.distinct()
    if tally.distinct == tally.compared:
        return
    for first, second, count in tally.same.repeated(_NAMED_SAME):
        others = f"row {second}" if count == 2 else f"row {second} and {count - 2:,} more"  # noqa: PLR2004 - the two that are named
        yield Finding(
            row=first,
            column=header,
            rule="same_text",
            message=f'"{header}" is the same text as in {others}',
            is_advice=True,
        )
