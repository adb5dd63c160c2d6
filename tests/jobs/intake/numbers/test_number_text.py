from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.intake.numbers.general import exact, general
from jobs.intake.numbers.number_format import compile_format
from jobs.intake.ooxml.styles import BUILTIN_FORMATS


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("52", "52"),
        ("52.0", "52"),
        ("-7", "-7"),
        ("-0", "0"),
        ("0.1", "0.1"),
        ("19.989999999999998", "19.99"),
        ("4006381333931", "4006381333931"),
        ("123456789012345", "123456789012345"),
        ("1E+3", "1000"),
        ("1.0000000000000001E-5", "0.00001"),
        ("1.5E-12", "1.5E-12"),
        ("1.2345678901234567E+19", "1.23456789012346E+19"),
        ("n/a", "n/a"),
    ],
)
def test_a_number_without_a_format_is_shown_as_it_is(raw, text):
    assert general(raw) == text


@pytest.mark.parametrize(
    ("code", "raw", "text"),
    [
        ("00000", "123", "00123"),
        ("0000000000000", "4006381333931", "4006381333931"),
        ("0", "2.5", "3"),
        ("0.00", "3199", "3199.00"),
        ("0.00", "2.675", "2.68"),
        ("0.00", "-1.5", "-1.50"),
        ("0.00", "-0.001", "0.00"),
        ("0.##", "1.5", "1.5"),
        (".00", "0.5", ".50"),
        ("#,##0", "1234567", "1,234,567"),
        ("#,##0", "123", "123"),
        ("#,##0.00", "-1234.5", "-1,234.50"),
        ("000,000", "1234", "001,234"),
        ("#,##0,", "1234567", "1,235"),
        ('0.0,,"M"', "1250000", "1.3M"),
        ("0%", "0.5", "50%"),
        ("0.00%", "0.12345", "12.35%"),
        ("$#,##0.00", "19.9", "$19.90"),
        ("#,##0.00\\ [$€-407]", "1234.5", "1,234.50 €"),
        ("[$-409]0.0", "1", "1.0"),
        ('0" pcs"', "3", "3 pcs"),
        ('"SKU-"0000', "42", "SKU-0042"),
        ("000-00-0000", "123456789", "123-45-6789"),
        ("(000) 000-0000", "5551234567", "(555) 123-4567"),
        ("0.00;(0.00)", "-3", "(3.00)"),
        ('0.00;-0.00;"free"', "0", "free"),
        ('[Red][<1]0.00;[>=100]"many";0.0', "0.5", "0.50"),
        ('[<1]0.00;[>=100]"many";0.0', "120", "many"),
        ('[<1]0.00;[>=100]"many";0.0', "50", "50.0"),
        ('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "1234.5", "1,234.50"),
        ('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "-2", "(2.00)"),
        ('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "0", "-"),
        ("0.00E+00", "12345", "1.23E+04"),
        ("0.00E+00", "0.00012", "1.20E-04"),
        ("0.0E+0", "9.99", "1.0E+1"),
        ("##0.0E+0", "12345", "12.3E+3"),
        ('General" kg"', "1.5", "1.5 kg"),
        ("# ?/?", "0.5", "0.5"),
        (";;;", "5", ""),
    ],
)
def test_a_number_is_shown_by_its_format(code, raw, text):
    shown = compile_format(code, dates_from_1904=False)
    assert (shown(exact(raw)) if shown else general(raw)) == text


@pytest.mark.parametrize(
    ("code", "raw", "text"),
    [
        ("yyyy-mm-dd", "46082", "2026-03-01"),
        ("dd/mm/yy", "46082.75", "2026-03-01"),
        ("[$-407]d. mmmm yyyy", "46082", "2026-03-01"),
        ("mmm-yy", "46082", "2026-03-01"),
        ("m/d/yy h:mm", "46082.604166666664", "2026-03-01 14:30"),
        ("yyyy-mm-dd hh:mm:ss", "46082", "2026-03-01"),
        ("h:mm AM/PM", "0.604166666666667", "14:30"),
        ("h:mm:ss", "0.604224537037037", "14:30:05"),
        ("mm:ss", "0.00087962962962963", "01:16"),
        ("[h]:mm", "1.5", "36:00"),
        ("[h]:mm:ss", "1.500011574", "36:00:01"),
        ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "59", "1900-02-28"),
        ("yyyy-mm-dd", "60", "1900-02-29"),
        ("yyyy-mm-dd", "61", "1900-03-01"),
        ("yyyy-mm-dd", "-5", "-5"),
        ("yyyy-mm-dd", "99999999", "99999999"),
    ],
)
def test_a_date_is_shown_as_iso_text(code, raw, text):
    assert compile_format(code, dates_from_1904=False)(exact(raw)) == text


def test_days_count_from_1904_in_workbooks_that_say_so():
    assert compile_format("yyyy-mm-dd", dates_from_1904=True)(Decimal(0)) == "1904-01-01"


@pytest.mark.parametrize("code", ["General", "@", "# ?/?", "", "[Red]", "[Red]General"])
def test_a_format_that_shapes_nothing_is_none(code):
    shown = compile_format(code, dates_from_1904=False)
    assert shown is None


@given(number=st.decimals(-(10**9), 10**9, places=2), code=st.sampled_from(sorted(BUILTIN_FORMATS.values())))
def test_every_builtin_format_shows_every_number(number, code):
    compile_format(code, dates_from_1904=False)(number)


@given(code=st.text("0#?.,%E+-/@;\"\\_*[]$<>=ymdhsAPM gneral'x1", max_size=12), number=st.floats(-1e12, 1e12))
def test_no_format_code_breaks_the_reader(code, number):
    shown = compile_format(code, dates_from_1904=False)
    if shown is not None:
        try:
            assert isinstance(shown(exact(repr(number))), str)
        except ArithmeticError:
            assert abs(number) > 1e-3
