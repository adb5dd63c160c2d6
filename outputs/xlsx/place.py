"""Where a planned column lies in a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.intake.letters import column_letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A planned column at its place."""

    header: str
    #: Sheet column from 0, and its letters.
    column: int
    letters: str = field(init=False)
    #: In characters; text that is longer goes on in the next line.
    width: float
    is_new: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "letters", column_letter(self.column))
