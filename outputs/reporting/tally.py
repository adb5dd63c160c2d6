"""Totals of a job by its dimensions, for the report's summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from jobs.results import AttemptLine, ItemResult, ItemState
from outputs.reporting.columns import TO_LOOK_AT

_ACCEPTED = {ItemState.DONE, ItemState.REUSED, ItemState.LOCKED}

#: The tables of the summary, in their order: title and what an item belongs to.
DIMENSIONS: tuple[tuple[str, Callable[[ItemResult], str]], ...] = (
    ("Template", lambda item: item.template),
    ("Model", lambda item: item.model or "(none)"),
    ("Lane", lambda item: item.lane or "(none)"),
    ("Locale", lambda item: item.locale or "(none)"),
)


@dataclass(slots=True)
class Totals:
    """Sums over the items of one group."""

    items: int = 0
    accepted: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: Decimal = field(default_factory=Decimal)
    unpriced_items: int = 0

    def add(self, item: ItemResult) -> None:
        """Count an item in."""
        usage = item.usage
        self.items += 1
        self.accepted += item.state in _ACCEPTED
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cache_read_tokens += usage.cache_read_tokens
        self.cache_write_tokens += usage.cache_write_tokens
        if item.cost_usd is None:
            self.unpriced_items += 1
        else:
            self.cost_usd += item.cost_usd

    def merge(self, other: Totals) -> None:
        """Count a group in."""
        self.items += other.items
        self.accepted += other.accepted
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cache_read_tokens += other.cache_read_tokens
        self.cache_write_tokens += other.cache_write_tokens
        self.cost_usd += other.cost_usd
        self.unpriced_items += other.unpriced_items


@dataclass(slots=True)
class Tally:
    """What the summary and the layout of the report need to know of the whole job."""

    #: Table title -> group -> totals, groups in the order of their first item.
    by: dict[str, dict[str, Totals]]
    items: int = 0
    flagged: int = 0
    attempts: int = 0
    #: Outcome -> attempts and their cost.
    outcomes: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


def tally_job(items: Iterable[ItemResult], attempts: Iterable[AttemptLine]) -> Tally:
    """Count a job in one pass over its items and one over its attempts."""
    cells: dict[tuple[str, str, str, str], Totals] = {}
    tally = Tally({title: {} for title, _ in DIMENSIONS})
    for item in items:
        group = (item.template, item.model, item.lane, item.locale)
        totals = cells.get(group)
        if totals is None:
            totals = cells[group] = Totals()
            for title, belongs in DIMENSIONS:
                tally.by[title].setdefault(belongs(item), Totals())
        totals.add(item)
        tally.flagged += item.state in TO_LOOK_AT
    for group, totals in cells.items():
        tally.items += totals.items
        for (title, _), name in zip(DIMENSIONS, group, strict=True):
            tally.by[title][name or "(none)"].merge(totals)
    for line in attempts:
        tally.attempts += 1
        count, cost = tally.outcomes.get(line.outcome, (0, Decimal(0)))
        tally.outcomes[line.outcome] = count + 1, cost + (line.cost_usd or 0)
    return tally
