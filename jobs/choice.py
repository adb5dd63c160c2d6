"""The lane that a job takes, and why, as it is kept with the job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jobs.money import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A lane with what speaks for it."""

    lane: str
    #: A whole sentence for people.
    why: str
    #: What the items would cost in each lane, None where that is not known; empty where lanes were not compared.
    usd: Mapping[str, Decimal | None] = field(default_factory=dict)
    #: What the lane saves against on demand by the estimate, None where one of both has no price.
    saving_usd: Decimal | None = None
    #: Lanes that could not be taken, each with the reason.
    ruled_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The lane and the reason in one line."""
        return f"Lane {self.lane}: {self.why[:1].lower()}{self.why[1:]}"

    def as_values(self) -> dict[str, Any]:
        """Give the object of `--json`, amounts as decimal strings."""
        return {
            "chosen": self.lane,
            "why": self.why,
            "saving_usd": _text(self.saving_usd),
            "usd": {lane: _text(amount) for lane, amount in self.usd.items()},
            "ruled_out": dict(self.ruled_out),
        }

    def to_json(self) -> str:
        """Write it for the store."""
        return json.dumps(self.as_values(), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Choice:
        """Read it from the store."""
        values = json.loads(text)
        return Choice(
            lane=values["chosen"],
            why=values["why"],
            usd={lane: _amount(amount) for lane, amount in values["usd"].items()},
            saving_usd=_amount(values["saving_usd"]),
            ruled_out=values["ruled_out"],
        )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
