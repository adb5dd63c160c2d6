from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jobs.estimate import Seen, estimate
from jobs.store.item_table import WaitingItems


def waiting(items=10, prompt_tokens=1000, template="test@1", model="nova"):
    return WaitingItems(template, "", model, items, prompt_tokens)


def priced(model, tokens_in, tokens_out):
    return Decimal(tokens_in + 4 * tokens_out) / 1_000_000 if model == "nova" else None


def estimated(groups, seen=None, most=200):
    return estimate(groups, seen=seen or {}, most_output=lambda _ref, _locale: most, price=priced)


def test_nothing_to_write_costs_nothing():
    empty = estimated([])
    assert (empty.items, empty.usd, empty.low_usd, empty.high_usd) == (0, 0, 0, 0)


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**9),
    st.one_of(
        st.none(), st.builds(Seen, st.integers(1, 1000), st.floats(1, 200), st.floats(min_value=0.5, max_value=2))
    ),
)
def test_the_likely_amount_lies_between_low_and_high(items, prompt_tokens, seen):
    result = estimated([waiting(items, prompt_tokens)], {"test@1": seen} if seen else None)
    assert 0 < result.low_usd <= result.usd <= result.high_usd
    assert result.items == items


def test_what_was_seen_narrows_the_estimate():
    wide = estimated([waiting()])
    narrow = estimated([waiting()], {"test@1": Seen(1000, 100.0, 1.0)})
    assert narrow.high_usd - narrow.low_usd < (wide.high_usd - wide.low_usd) / 3
    assert narrow.output_tokens == 1000


def test_seen_prompts_correct_the_count_of_tokens():
    assert estimated([waiting(prompt_tokens=1000)], {"test@1": Seen(100, 50.0, 1.5)}).input_tokens == 1500


def test_one_unpriced_model_makes_the_whole_amount_unknown_but_not_the_tokens():
    result = estimated([waiting(), waiting(model="secret")])
    assert (result.usd, result.low_usd, result.high_usd) == (None, None, None)
    assert result.items == 20
    assert result.input_tokens == 2000


def test_no_answer_is_expected_above_its_limit():
    assert estimated([waiting()], {"test@1": Seen(1, 199.0, 1.0)}, most=200).high_usd <= priced("nova", 1125, 2000)
