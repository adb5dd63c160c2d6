"""What a job saved by its lanes, by what it really used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from jobs.cost import price_usage
from jobs.money import from_pico
from jobs.prices.book import PriceBook
from jobs.store.totals import Bought
from jobs.usage import TokenUsage
from worker.aws.models import parse_model


def saved_usd(book: PriceBook, bought: Iterable[Bought], *, on: date) -> Decimal | None:
    """Give by how much the same tokens would have cost more on demand; None where that has no price."""
    saved = 0
    for one in bought:
        ref = parse_model(one.model)
        usage = TokenUsage(input_tokens=one.input_tokens, output_tokens=one.output_tokens)
        # Whatever was priced in its lane has its model in its id, but for profiles: what those lead to is not kept.
        dearer = price_usage(book, usage, model=ref.base, region=one.region, scope=ref.scope, lane="on-demand", on=on)
        if dearer.pico is None:
            return None
        saved += dearer.pico - one.cost_pico
    return from_pico(saved)
