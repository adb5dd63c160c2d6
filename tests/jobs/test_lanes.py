from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.choice import Choice
from jobs.estimate import Estimate
from jobs.lanes import SOONEST_FIRST, LaneOption, Obstacle, Terms, choose, seconds_at, uncompared
from templates.errors import UserError

HOUR_S = 3600.0
NO_BUCKET = Obstacle("no bucket is set", "Set SKUSCRIBE_BATCH_BUCKET.")


def estimated(usd, items=5000, input_tokens=1_000_000, output_tokens=200_000):
    amount = None if usd is None else Decimal(usd)
    return Estimate(
        items=items, input_tokens=input_tokens, output_tokens=output_tokens, usd=amount, low_usd=amount, high_usd=amount
    )


def chosen(
    on_demand="24.80",
    flex=None,
    batch="12.40",
    *,
    asked="auto",
    items=5000,
    deadline_h=None,
    seconds=None,
    hindered=None,
):
    """The choice between lanes of those prices; `hindered`: what hinders batch."""
    options = [
        LaneOption(
            lane=lane,
            estimate=estimated(usd, items),
            obstacle=hindered if lane == "batch" else None,
            seconds=3 * HOUR_S if lane == "batch" else seconds,
        )
        for lane, usd in (("on-demand", on_demand), ("flex", flex), ("batch", batch))
    ]
    terms = Terms(
        asked=asked,
        deadline_s=None if deadline_h is None else deadline_h * HOUR_S,
        least_records=100,
        least_saving_usd=Decimal(1),
    )
    return choose(options, terms)


def test_auto_takes_batch_where_it_saves_enough():
    choice = chosen()
    assert choice.lane == "batch"
    assert choice.saving_usd == Decimal("12.40")
    assert choice.line.startswith(
        "Lane batch: about $12.40 instead of $24.80 on demand (saves $12.40); results come when"
    )


def test_auto_says_that_batch_results_are_there_before_the_deadline():
    line = chosen(deadline_h=6).line
    assert line == (
        "Lane batch: about $12.40 instead of $24.80 on demand (saves $12.40); results within the deadline of 6 h."
    )


def test_hours_are_not_waited_to_save_less_than_was_set():
    choice = chosen("0.008", batch="0.004")
    assert choice.lane == "on-demand"
    assert choice.saving_usd == 0
    assert choice.line == (
        "Lane on-demand: batch would save $0.004, less than $1.00 (SKUSCRIBE_BATCH_LEAST_SAVING_USD); "
        "give --deadline to allow it."
    )
    assert choice.ruled_out["batch"].startswith("it would save $0.004")


def test_with_a_deadline_any_saving_counts():
    assert chosen("0.008", batch="0.004", deadline_h=12).lane == "batch"


def test_the_saving_is_looked_at_beside_the_cheapest_other_lane():
    choice = chosen("24.80", flex="12.50", batch="12.40")
    assert choice.lane == "flex"
    assert "Batch would save $0.10, less than $1.00" in choice.why


@pytest.mark.parametrize("deadline_h", [None, 24])
def test_of_two_lanes_that_cost_the_same_the_sooner_one_is_taken(deadline_h):
    choice = chosen("24.80", flex="12.40", batch="12.40", deadline_h=deadline_h)
    assert choice.lane == "flex"
    assert choice.line == "Lane flex: about $12.40 instead of $24.80 on demand (saves $12.40)."
    assert chosen("5", flex="5", batch="5", deadline_h=deadline_h).lane == "on-demand"


def test_a_short_deadline_leaves_batch_out_and_says_what_it_would_have_saved():
    choice = chosen(deadline_h=1)
    assert choice.lane == "on-demand"
    assert choice.why.startswith("Batch would save $12.40, but batch jobs may take 3 h (SKUSCRIBE_BATCH_LEAST_DEADLINE")
    assert choice.why.endswith("longer than the deadline of 60 min.")


def test_batch_is_taken_where_the_quota_makes_on_demand_too_slow_even_if_it_is_dearer():
    choice = chosen("10", batch="11", deadline_h=6, seconds=20 * HOUR_S)
    assert choice.lane == "batch"
    assert "costs $1.00 more" in choice.why
    assert "On demand is too slow: by the quota it takes about 20 h, longer than the deadline of 6 h." in choice.why
    assert choice.saving_usd == -1


def test_where_no_lane_meets_the_deadline_the_soonest_is_taken_and_that_is_said():
    late = chosen(deadline_h=1, seconds=2 * HOUR_S)
    assert late.lane == "on-demand"
    assert late.why == "No lane is expected to meet the deadline of 60 min; this is the soonest; about $24.80."
    assert chosen(deadline_h=1, seconds=9 * HOUR_S).lane == "batch"


def test_auto_takes_no_lane_without_a_price():
    assert chosen("24.80", flex=None, batch=None).lane == "on-demand"
    assert chosen(None, flex="3", batch=None).lane == "flex"
    nothing = chosen(None, None, None)
    assert (nothing.lane, nothing.saving_usd) == ("on-demand", None)
    assert nothing.why == "No lane has a price for this model here."
    assert set(nothing.ruled_out) == {"flex", "batch"}


def test_a_lane_that_something_hinders_is_not_taken_and_its_saving_is_told():
    choice = chosen(batch="12.40", hindered=NO_BUCKET)
    assert choice.lane == "on-demand"
    assert choice.ruled_out["batch"] == "no bucket is set"
    assert choice.why == "Batch would save $12.40, but no bucket is set."
    assert chosen(flex="12.40", batch="12.40", hindered=NO_BUCKET).why.endswith("on demand (saves $12.40).")
    assert chosen("0.2", batch="0.2", hindered=NO_BUCKET).why == "No other lane is cheaper and can be taken."


def test_why_a_cheaper_lane_is_not_taken_is_told_however_little_it_would_have_saved():
    choice = chosen("0.04", batch="0.02", deadline_h=2)
    assert choice.line == (
        "Lane on-demand: batch would save $0.02, but batch jobs may take 3 h (SKUSCRIBE_BATCH_LEAST_DEADLINE_S), "
        "longer than the deadline of 2 h."
    )
    assert choice.ruled_out["batch"] in choice.why
    assert chosen("0.2", batch="0.1", hindered=NO_BUCKET).why == "Batch would save $0.10, but no bucket is set."


@pytest.mark.parametrize("lane", SOONEST_FIRST)
def test_a_lane_asked_for_by_name_is_taken(lane):
    choice = chosen(flex="20", asked=lane)
    assert choice.lane == lane
    assert choice.why.startswith("You asked for it; about $")
    assert choice.usd == {"on-demand": Decimal("24.80"), "flex": Decimal(20), "batch": Decimal("12.40")}


def test_a_lane_asked_for_by_name_that_something_hinders_is_refused_with_the_remedy():
    with pytest.raises(UserError) as refused:
        chosen(asked="batch", hindered=NO_BUCKET)
    assert refused.value.code == "lane"
    assert refused.value.message == "The batch lane cannot be taken: no bucket is set."
    assert refused.value.fix == "Set SKUSCRIBE_BATCH_BUCKET."


@pytest.mark.parametrize(
    ("flex", "lane", "goes"),
    [("12.40", "flex", "they go flex."), (None, "on-demand", "they go on demand."), ("30", "on-demand", "on demand.")],
)
def test_too_few_items_for_a_batch_job_go_another_way_with_the_reason(flex, lane, goes):
    choice = chosen(flex=flex, asked="batch", items=42)
    assert choice.lane == lane
    assert choice.why.startswith("Batch jobs take at least 100 records; 42 are to be written: they go ")
    assert choice.why.endswith(goes)
    assert chosen(flex=flex, items=42).lane == lane


@pytest.mark.parametrize(("asked", "lane"), [("auto", "on-demand"), ("batch", "on-demand"), ("flex", "flex")])
def test_where_nothing_is_to_be_written_no_lanes_are_compared(asked, lane):
    assert chosen(asked=asked, items=0) == uncompared(lane, "Nothing is to be written.")


def test_a_choice_comes_back_from_the_store_as_it_was():
    for choice in (chosen(), chosen(None, None, None), uncompared("on-demand", "It is shown.")):
        assert Choice.from_json(choice.to_json()) == choice


def test_the_slower_of_both_quotas_decides_how_long_items_take():
    one = estimated("1", items=600, input_tokens=100_000, output_tokens=20_000)
    assert seconds_at(one, requests_per_min=None, tokens_per_min=None, burndown_rate=5) is None
    assert seconds_at(one, requests_per_min=60, tokens_per_min=None, burndown_rate=5) == 600
    assert seconds_at(one, requests_per_min=60, tokens_per_min=10_000, burndown_rate=5) == 1200


dollars = st.one_of(st.none(), st.decimals(0, 1000, places=4))


@given(
    prices=st.tuples(dollars, dollars, dollars),
    items=st.integers(1, 10**6),
    deadline_h=st.one_of(st.none(), st.integers(1, 100)),
    hindered=st.sampled_from((None, NO_BUCKET)),
)
def test_auto_never_takes_an_unpriced_or_hindered_lane_while_another_can_be_taken(prices, items, deadline_h, hindered):
    choice = chosen(*prices, items=items, deadline_h=deadline_h, seconds=2 * HOUR_S, hindered=hindered)
    takeable = [
        lane
        for lane, usd in zip(SOONEST_FIRST, prices, strict=True)
        if usd is not None and (lane != "batch" or (items >= 100 and not hindered))
    ]
    assert choice.lane in (takeable or ["on-demand"])
    assert choice.lane not in choice.ruled_out
    assert choice.why.endswith(".")
    assert Choice.from_json(choice.to_json()) == choice
