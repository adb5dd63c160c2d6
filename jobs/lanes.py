"""Which lane a job takes, by price, deadline, count and what hinders each: a pure decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.choice import Choice
from jobs.estimate import Estimate
from jobs.phrases import money, sentence, span
from templates.errors import UserError

#: The lanes; of two that cost the same, the one that stands first is the sooner one.
SOONEST_FIRST = ("on-demand", "flex", "batch")
_CALLED = {"on-demand": "on demand", "flex": "flex", "batch": "batch"}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What hinders a lane, as a clause, and how to mend it."""

    why: str
    fix: str

    def error(self, lane: str) -> UserError:
        """Give the refusal of a lane that was asked for by name."""
        return UserError(f"The {lane} lane cannot be taken: {self.why}.", fix=self.fix, code="lane")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOption:
    """A lane that a job could take."""

    lane: str
    #: `Estimate.usd` is None where the lane has no price.
    estimate: Estimate
    #: Nothing where it can be taken.
    obstacle: Obstacle | None = None
    #: How long the items are expected to take, None where nobody knows.
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a choice has to keep to."""

    #: The lane that was asked for, or `auto`.
    asked: str
    #: In how many seconds all must be back, None for whenever.
    deadline_s: float | None
    #: Fewest records of a batch-inference job.
    least_records: int
    #: Without a deadline, batch has to save as much against the cheapest other lane.
    least_saving_usd: Decimal


def choose(options: Sequence[LaneOption], terms: Terms) -> Choice:
    """Choose one of the lanes for the items of an estimate.

    `options`: one for each lane, on demand among them.

    Raises:
        UserError: the lane that was asked for cannot be taken.
    """
    by_lane = {option.lane: option for option in options}
    if not by_lane["on-demand"].estimate.items:
        return uncompared("on-demand" if terms.asked in ("auto", "batch") else terms.asked, "Nothing is to be written.")
    asked = by_lane.get(terms.asked)
    if asked and asked.obstacle:
        raise asked.obstacle.error(asked.lane)
    return _Comparison(by_lane, terms).choice()


def uncompared(lane: str, why: str) -> Choice:
    """Give a lane that is taken without a look at the others."""
    return Choice(lane=lane, why=why)


def seconds_at(
    estimate: Estimate, *, requests_per_min: float | None, tokens_per_min: float | None, burndown_rate: int
) -> float | None:
    """Say how long the items take when they are sent one by one within a quota; None where no quota is told."""
    quota_tokens = estimate.input_tokens + estimate.output_tokens * burndown_rate
    minutes = [
        amount / per_min
        for amount, per_min in ((estimate.items, requests_per_min), (quota_tokens, tokens_per_min))
        if per_min
    ]
    return max(minutes) * 60 if minutes else None


class _Comparison:
    """The lanes of one job beside each other."""

    def __init__(self, options: Mapping[str, LaneOption], terms: Terms) -> None:
        self._options = options
        self._terms = terms
        self._items = options["on-demand"].estimate.items
        #: Lane -> why it is out.
        self._out = {lane: why for lane, option in options.items() if (why := self._hindrance(option))}

    def choice(self) -> Choice:
        """Choose by what was asked for."""
        asked = self._terms.asked
        if asked == "auto":
            return self._automatic()
        if asked == "batch" and self._items < self._terms.least_records:
            lane = _cheapest(option for option in self._open() if option.lane != "batch")
            return self._take(lane, f"{sentence(self._out['batch'])}: they go {_CALLED[lane]}.")
        return self._take(asked, f"You asked for it{self._amounts(asked)}.")

    def _automatic(self) -> Choice:
        open_ = self._open()
        if not open_:
            return self._take("on-demand", "No lane has a price for this model here.")
        in_time = [option for option in open_ if self._meets_deadline(option)]
        if not in_time:
            lane = min(open_, key=_soonness).lane
            deadline = span(self._terms.deadline_s or 0)
            return self._take(
                lane,
                f"No lane is expected to meet the deadline of {deadline}; this is the soonest{self._amounts(lane)}.",
            )
        self._out |= {option.lane: self._lateness(option) for option in open_ if option not in in_time}
        lane = _cheapest(in_time)
        others = [option for option in in_time if option.lane != "batch"]
        if lane == "batch" and others and self._terms.deadline_s is None:
            # With a deadline somebody has said how long is fine.
            other = _cheapest(others)
            saving = _usd(self._options[other]) - _usd(self._options["batch"])
            if saving < self._terms.least_saving_usd:
                little = f"{money(saving)}, less than {money(self._terms.least_saving_usd)}"
                how = "(SKUSCRIBE_BATCH_LEAST_SAVING_USD); give --deadline to allow it"
                self._out["batch"] = f"it would save {little} {how}"
                return self._take(other, self._reason(other, f"Batch would save {little} {how}."))
        return self._take(lane, self._reason(lane))

    def _hindrance(self, option: LaneOption) -> str:
        """Say why a lane is out whatever the deadline and the saving are, "" when it is not."""
        if option.obstacle:
            return option.obstacle.why
        if option.estimate.usd is None:
            return "there is no price for this model here"
        least = self._terms.least_records
        if option.lane == "batch" and self._items < least:
            return f"batch jobs take at least {least:,} records; {self._items:,} are to be written"
        return ""

    def _open(self) -> list[LaneOption]:
        return [option for lane, option in self._options.items() if lane not in self._out]

    def _meets_deadline(self, option: LaneOption) -> bool:
        deadline_s = self._terms.deadline_s
        return deadline_s is None or option.seconds is None or option.seconds <= deadline_s

    def _lateness(self, option: LaneOption) -> str:
        deadline, takes = span(self._terms.deadline_s or 0), span(option.seconds or 0)
        if option.lane == "batch":
            setting = "SKUSCRIBE_BATCH_LEAST_DEADLINE_S"
            return f"batch jobs may take {takes} ({setting}), longer than the deadline of {deadline}"
        return f"by the quota it takes about {takes}, longer than the deadline of {deadline}"

    def _reason(self, lane: str, remark: str = "") -> str:
        """Say why a lane was chosen; `remark`: about batch, else what is to be said of the lanes that are out."""
        parts = (
            [] if lane == "on-demand" else [f"{sentence(self._amounts(lane).removeprefix('; '))}{self._when(lane)}."]
        )
        parts += [remark] if remark else [text for other in self._out if (text := self._remark(other, lane))]
        return " ".join(parts) or "No other lane is cheaper and can be taken."

    def _remark(self, lane: str, chosen: str) -> str:
        """Say why a lane is out that would have saved something, however little; and why it is not on demand."""
        usd = self._options[lane].estimate.usd
        if usd is None:
            return ""
        if lane == "on-demand":
            return f"On demand is too slow: {self._out[lane]}."
        saving = _usd(self._options[chosen]) - usd
        if saving <= 0:
            return ""
        more = "" if chosen == "on-demand" else " more"
        return f"{sentence(lane)} would save {money(saving)}{more}, but {self._out[lane]}."

    def _when(self, lane: str) -> str:
        if lane != "batch":
            return ""
        if self._terms.deadline_s is None:
            return "; results come when Bedrock has run the batch jobs, which may take hours"
        return f"; results within the deadline of {span(self._terms.deadline_s)}"

    def _amounts(self, lane: str) -> str:
        """Tell what a lane costs beside on demand, "" where its price is missing."""
        usd, on_demand_usd = self._options[lane].estimate.usd, self._options["on-demand"].estimate.usd
        if usd is None:
            return ""
        if lane == "on-demand" or on_demand_usd is None:
            return f"; about {money(usd)}"
        saving = on_demand_usd - usd
        beside = f"saves {money(saving)}" if saving >= 0 else f"costs {money(-saving)} more"
        return f"; about {money(usd)} instead of {money(on_demand_usd)} on demand ({beside})"

    def _take(self, lane: str, why: str) -> Choice:
        usd = {name: option.estimate.usd for name, option in self._options.items()}
        on_demand, chosen = usd["on-demand"], usd[lane]
        return Choice(
            lane=lane,
            why=why,
            usd=usd,
            saving_usd=None if on_demand is None or chosen is None else on_demand - chosen,
            ruled_out={name: reason for name, reason in self._out.items() if name != lane},
        )


def _usd(option: LaneOption) -> Decimal:
    return option.estimate.usd or Decimal(0)


def _cheapest(options: Iterable[LaneOption]) -> str:
    ordered = sorted(options, key=lambda option: (_usd(option), SOONEST_FIRST.index(option.lane)))
    return ordered[0].lane if ordered else "on-demand"


def _soonness(option: LaneOption) -> tuple[float, int]:
    return option.seconds or 0.0, SOONEST_FIRST.index(option.lane)
