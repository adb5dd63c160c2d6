from hypothesis import given
from hypothesis import strategies as st
from templates_making import field

from jobs.tokens import answer_tokens, estimate_tokens, most_prompt_tokens


@given(st.text())
def test_the_bound_is_never_below_the_estimate_and_never_below_the_bytes(text):
    assert most_prompt_tokens(text, "") >= estimate_tokens(text)
    assert most_prompt_tokens(text, "{}") >= len(text.encode()) + 2


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(text, more):
    assert estimate_tokens(text + more) >= estimate_tokens(text)


def test_other_scripts_are_estimated_by_their_bytes():
    assert estimate_tokens("a" * 40) == 10
    assert estimate_tokens("手" * 40) == 50


def test_an_answer_may_fill_its_fields_up_to_their_limits():
    short, long = (answer_tokens((field(max_chars=most),), "en-GB", "") for most in (100, 1000))
    assert 900 * 0.25 < long - short < 900 * 0.5


def test_dense_scripts_get_more_tokens_a_character():
    fields = (field(max_chars=1000),)
    assert answer_tokens(fields, "ja-JP", "") > 3 * answer_tokens(fields, "de-DE", "")


def test_without_a_locale_the_product_says_the_script():
    fields = (field(max_chars=1000),)
    assert answer_tokens(fields, "", "登山リュック") == answer_tokens(fields, "ja-JP", "")
    assert answer_tokens(fields, "", "Rücksack für Wanderer") == answer_tokens(fields, "de-DE", "")


def test_a_list_counts_each_of_its_texts():
    assert answer_tokens((field(count=15, max_chars=30),), "", "") > answer_tokens((field(max_chars=30),), "", "") + 100
