"""What a plan will cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.store.item_table import WaitingItems
from jobs.store.store import Store

#: Share of the longest answer that models are expected to write before any was seen: low, likely, high.
_UNSEEN = (0.25, 0.5, 1.0)
#: Spread around what was seen, by how many replies it rests on.
_FEW, _SOME = 5, 50
_SPREAD = {"few": 0.25, "some": 0.1, "many": 0.05}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a template's earlier replies from a model looked like."""

    replies: int
    output_tokens: float
    #: Reported prompt tokens over estimated ones.
    input_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Tokens and dollars of one lane; dollars are None when the price is not known."""

    items: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None
    low_usd: Decimal | None
    high_usd: Decimal | None


#: Prices (model, input tokens, output tokens) in a lane, in dollars; None when unpriced.
Pricer = Callable[[str, int, int], Decimal | None]


def estimate(
    waiting: Sequence[WaitingItems],
    *,
    seen: Mapping[str, Seen],
    most_output: Callable[[str, str], int],
    price: Pricer,
) -> Estimate:
    """Estimate the items that are to be written.

    Args:
        waiting: items by template, locale and model, with their estimated prompt tokens.
        seen: by template ref, what its earlier replies looked like.
        most_output: (template ref, locale) -> the longest answer, in tokens.
        price: the lane's price of tokens.
    """
    sums = [Decimal(0), Decimal(0), Decimal(0)]
    unpriced = False
    inputs = outputs = 0
    for group in waiting:
        known = seen.get(group.template)
        per_answer = _answers(known, most_output(group.template, group.locale))
        prompts = [round(group.prompt_tokens * ratio) for ratio in _prompts(known)]
        inputs += prompts[1]
        outputs += round(group.items * per_answer[1])
        for at in range(3):
            usd = price(group.model, prompts[at], round(group.items * per_answer[at]))
            unpriced = unpriced or usd is None
            sums[at] += usd or 0
    low, likely, high = (None if unpriced else amount for amount in sums)
    return Estimate(
        items=sum(group.items for group in waiting),
        input_tokens=inputs,
        output_tokens=outputs,
        usd=likely,
        low_usd=low,
        high_usd=high,
    )


def seen_replies(store: Store, realm: str, models: Sequence[str]) -> dict[str, Seen]:
    """Give by template ref what earlier replies of these models in a realm looked like."""
    return {ref: Seen(*figures) for model in models for ref, figures in store.totals.seen_outputs(realm, model).items()}


def _spread(seen: Seen) -> float:
    return _SPREAD["few" if seen.replies < _FEW else "some" if seen.replies < _SOME else "many"]


def _answers(seen: Seen | None, most: int) -> tuple[float, float, float]:
    if seen is None:
        return (most * _UNSEEN[0], most * _UNSEEN[1], most * _UNSEEN[2])
    spread = _spread(seen)
    return (seen.output_tokens * (1 - spread), seen.output_tokens, min(most, seen.output_tokens * (1 + spread)))


def _prompts(seen: Seen | None) -> tuple[float, float, float]:
    if seen is None:
        return (0.85, 1.0, 1.25)
    spread = _spread(seen) / 2
    return (seen.input_ratio * (1 - spread), seen.input_ratio, seen.input_ratio * (1 + spread))
