from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.spec import JobSpec, parse_budget, parse_deadline, read_spec
from templates.errors import UserError


def from_file(tmp_path, text, **given):
    path = tmp_path / "job.toml"
    path.write_text(text, encoding="utf-8")
    return read_spec(str(path), given)


@given(
    st.builds(
        JobSpec,
        template=st.lists(st.text(min_size=1), max_size=3).map(tuple),
        map=st.lists(st.text(), max_size=3).map(tuple),
        rows=st.text(),
        header_row=st.none() | st.integers(1, 9),
        budget=st.none() | st.decimals(min_value="0.000001", max_value="1000000", allow_nan=False, places=6),
        rpm=st.none() | st.floats(0.1, 10**6),
        fresh=st.booleans(),
    )
)
def test_the_store_gives_every_spec_back_as_it_was(spec):
    assert JobSpec.from_json(spec.to_json()) == spec


def test_a_job_file_says_what_the_options_can_say(tmp_path):
    spec = from_file(
        tmp_path,
        'template = ["product-description", "seo-meta"]\nlocale = "de-DE"\nbudget = 2.50\nheader-row = 3\n'
        'concurrency = 8\nfresh = true\nmap = { title = "Name", brand = "Marke" }\n',
    )
    assert spec.template == ("product-description", "seo-meta")
    assert spec.locale == ("de-DE",)
    assert spec.budget == Decimal("2.5")
    assert spec.map == ("title=Name", "brand=Marke")
    assert (spec.header_row, spec.concurrency, spec.fresh) == (3, 8, True)


def test_options_win_over_the_job_file(tmp_path):
    assert from_file(tmp_path, 'model = "one"\nrpm = 60\n', model=("two",)).model == ("two",)


def test_all_mistakes_of_a_job_file_are_told_at_once(tmp_path):
    with pytest.raises(UserError) as told:
        from_file(tmp_path, 'templat = "x"\nlane = "slow"\nrpm = -1\nfresh = "yes"\ndeadline = "soon"\nsheet = ["a"]\n')
    message = told.value.message
    for part in ('"templat" is no option', '"template"', "lane", "rpm", "fresh", "deadline", "sheet", "job.toml"):
        assert part in message


@pytest.mark.parametrize("text", ["= 1", "rpm = ", '\ufeff"'])
def test_a_job_file_that_is_no_toml_is_named(tmp_path, text):
    with pytest.raises(UserError, match=r"job\.toml is not TOML"):
        from_file(tmp_path, text)


def test_a_job_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_spec(str(tmp_path / "none.toml"), {})


@pytest.mark.parametrize("value", ["0", "-1", "true", '"many"', "inf", "nan", "1.5"])
def test_a_count_must_be_a_whole_number_above_zero(tmp_path, value):
    with pytest.raises(UserError, match="concurrency"):
        from_file(tmp_path, f"concurrency = {value}\n")


@pytest.mark.parametrize(("text", "usd"), [("5", "5"), ("$12.50", "12.5"), ("0.25 USD", "0.25"), (" 3 ", "3")])
def test_a_budget_is_read_as_people_write_it(text, usd):
    assert parse_budget(text) == Decimal(usd)


@pytest.mark.parametrize("text", ["0", "-1", "", "much", "nan", "inf", "1,50", "5 EUR"])
def test_a_budget_that_is_no_amount_above_zero_is_refused(text):
    with pytest.raises(UserError, match="budget"):
        parse_budget(text)


@pytest.mark.parametrize(("text", "seconds"), [("6h", 21600), ("90m", 5400), ("1h30m", 5400), ("1d", 86400), ("5S", 5)])
def test_a_deadline_is_a_span_of_time(text, seconds):
    assert parse_deadline(text) == seconds


@pytest.mark.parametrize("text", ["", "6", "h", "-1h", "1.5h", "0m", "tomorrow"])
def test_a_deadline_that_is_no_span_is_refused(text):
    with pytest.raises(UserError, match="deadline"):
        parse_deadline(text)
