from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jobs.money import from_pico, plain, to_pico

PICO = st.integers(min_value=-(10**18), max_value=10**18)


@given(PICO)
def test_every_amount_of_the_store_comes_back_as_it_was(pico):
    assert to_pico(from_pico(pico)) == pico


@given(st.lists(PICO, max_size=30))
def test_sums_in_dollars_and_in_the_store_agree_to_the_last_decimal(amounts):
    assert sum((from_pico(pico) for pico in amounts), Decimal(0)) == from_pico(sum(amounts))


@given(PICO)
def test_the_shortest_decimal_means_the_same_amount_without_an_exponent(pico):
    text = plain(from_pico(pico))
    assert Decimal(text) == from_pico(pico)
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith(("0", ".")))


def test_a_half_is_rounded_to_the_even_neighbour():
    assert to_pico(Decimal("0.0000000000005")) == 0
    assert to_pico(Decimal("0.0000000000015")) == 2
    assert to_pico(Decimal("0.0000000000025")) == 2


def test_whole_dollars_have_no_point():
    assert [plain(Decimal(text)) for text in ("12.000", "0E-12", "100", "1E+3", "0.00042")] == [
        "12", "0", "100", "1000", "0.00042",
    ]  # fmt: skip
