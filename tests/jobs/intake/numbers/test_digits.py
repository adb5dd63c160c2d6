from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jobs.intake.numbers.digits import read_digits
from jobs.intake.numbers.general import exact, general

NUMBERS = st.one_of(
    st.decimals(0, 10**9, places=3),
    st.decimals(0, 1, places=9),
    st.sampled_from([Decimal("0.5"), Decimal("1.005"), Decimal("999.995")]),
)
CODES = st.sampled_from(["0", "0.00", "#,##0", "#,##0.00", "0%", "0.0%", "##0.000", "#,##0,", "#,##0.0,,"])


@given(CODES, NUMBERS, st.sampled_from(["", "$"]), st.sampled_from(["", " kg"]))
def test_a_simple_layout_shows_what_the_general_way_shows(code, number, before, after):
    digits = read_digits(
        [(True, before)] * bool(before) + [(False, char) for char in code] + [(True, after)] * bool(after)
    )
    assert digits.together is not None
    assert digits.show(number) == replace(digits, together=None).show(number)


@given(st.decimals(-(10**9), 10**9, places=5).map(str))
def test_a_short_decimal_is_shown_without_the_zeros_at_its_end(raw):
    shown = raw.rstrip("0").rstrip(".")
    assert general(raw) == {"-0": "0", "": "0"}.get(shown, shown)
    assert exact(raw) == Decimal(raw)
