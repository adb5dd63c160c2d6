from datetime import date
from decimal import Decimal

import pytest

from jobs.prices.book import PriceBook
from jobs.store.totals import Bought
from worker.savings import saved_usd

BOOK = PriceBook.load()
DAY = date(2026, 11, 22)


def bought(model="amazon.nova-lite-v1:0", *, lane="batch", cost_pico=30_000 * 10**6 + 120_000 * 10**6, tokens=10**6):
    return Bought(
        lane=lane, model=model, region="us-east-1", input_tokens=tokens, output_tokens=tokens, cost_pico=cost_pico
    )


def test_what_batch_jobs_saved_is_the_difference_to_the_same_tokens_on_demand():
    assert saved_usd(BOOK, [bought()], on=DAY) == Decimal("0.15")
    assert saved_usd(BOOK, [bought(), bought()], on=DAY) == Decimal("0.30")


def test_nothing_bought_saved_nothing():
    assert saved_usd(BOOK, [], on=DAY) == 0


@pytest.mark.parametrize(
    "model", ["nobody.knows-v1:0", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"]
)
def test_a_saving_is_not_told_where_on_demand_has_no_price(model):
    assert saved_usd(BOOK, [bought(), bought(model)], on=DAY) is None
