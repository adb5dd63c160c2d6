"""What a publish file holds and what it leaves out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from jobs.results import ItemState

#: So many rows are named; the count goes on.
_NAMED = 3


@dataclass(slots=True, kw_only=True)
class PublishNotes:
    """Rows written and left out; the first that broke a limit are named, all are counted."""

    target: str
    label: str
    path: Path
    advice: str
    rows: int = 0
    #: Items without copy that may be published, by state.
    left_out: Counter[ItemState] = field(default_factory=Counter)
    dropped: list[tuple[int, str]] = field(default_factory=list)
    dropped_rows: int = 0

    def add_dropped(self, row: int, reason: str) -> None:
        """Note a row that the platform would refuse."""
        self.dropped_rows += 1
        if len(self.dropped) < _NAMED:
            self.dropped.append((row, reason))

    def lines(self) -> list[str]:
        """Say it in sentences."""
        said = [f"{self.label}: {self.summary()} in {self.path.name}."]
        said += [f"Row {row} is not in the {self.label} file: {reason}." for row, reason in self.dropped]
        more = self.dropped_rows - len(self.dropped)
        if more:
            said.append(f"{more:,} more {'row is' if more == 1 else 'rows are'} not in it for such reasons.")
        return [*said, self.advice] if self.rows else said

    def summary(self) -> str:
        """Say how many rows, and how many items are left out, in part of a sentence."""
        rows = f"{self.rows:,} {'row' if self.rows == 1 else 'rows'}"
        counts = [f"{count:,} {state}" for state, count in sorted(self.left_out.items())]
        if self.dropped_rows:
            counts.append(f"{self.dropped_rows:,} against a rule of {self.label}")
        return f"{rows} (left out: {', '.join(counts)})" if counts else rows
