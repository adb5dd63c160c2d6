import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from templates_making import field

from templates.brand import Brand
from templates.checks import Checker

LIST = field("headlines", title="Headline", count=3, max_chars=30, distinct=True)
TEXT = field("text", title="Text", max_chars=100)
PAGE = field("page", title="Page", max_chars=900, multiline=True)


def check(fields, values, brand=None, **product):
    copy, violations = Checker(fields, brand).check(values, product)
    return copy, [violation.message for violation in violations]


def test_a_sound_answer_has_no_violation():
    values = {"headlines": ["One", "Two", "Three"], "text": "A text.", "more": "ignored"}
    copy, said = check([LIST, TEXT], values)
    assert copy == {"headlines": ("One", "Two", "Three"), "text": "A text."}
    assert said == []


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a  b\n c\t", "a b c"),
        ('"Quoted"', "Quoted"),
        ("„Zitiert“", "Zitiert"),
        ("« Cité »", "Cité"),
        ('"A" and "B"', '"A" and "B"'),
        ("'", "'"),
        ("Cafe\u0301", "Café"),
        ("Tom &amp; Jerry&#39;s &nbsp;x", "Tom & Jerry's \u00a0x"),
        ("AT&T; R&D", "AT&T; R&D"),
        ("a\u200bb\ufeff\x00c\ud800", "abc"),
        ("10\u00a0% mehr", "10\u00a0% mehr"),
        (42, "42"),
        (1.5, "1.5"),
        (["one", "two"], "one two"),
        ({"text": "inner"}, "inner"),
        ("a\u2028b\x0bc", "a b c"),
    ],
)
def test_harmless_flaws_of_a_text_are_mended(raw, clean):
    copy, said = check([TEXT], {"text": raw})
    assert copy == {"text": clean}
    assert said == []


def test_a_text_of_several_lines_keeps_its_paragraphs():
    copy, said = check([PAGE], {"page": "One  line \r\nnext\n\n\n\nTwo\u2029Three "})
    assert copy["page"] == "One line\nnext\n\nTwo\nThree"
    assert said == []
    assert check([PAGE], {"page": ["One", "Two"]})[0]["page"] == "One\n\nTwo"


@pytest.mark.parametrize(
    "raw",
    [
        ["One", " Two ", "Three"],
        json.dumps(["One", "Two", "Three"]),
        "One\nTwo\n\nThree",
        "- One\n- Two\n- Three",
        "1. One\n2) Two\n3. Three",
        ["• One", "- Two", "Three"],
        [{"text": "One"}, {"text": "Two"}, {"text": "Three"}],
        {"items": ["One", "Two", "Three"]},
        {"1": "One", "2": "Two", "3": "Three"},
        [["One", "Two", "Three"]],
        ["One", "", None, "Two", "Three"],
        ["One", "Two", "Three", "Four"],
        ["One", "ONE", "Two", "Three"],
        ["One", "Two", "x" * 31, "Three"],
    ],
)
def test_a_list_is_taken_however_it_comes(raw):
    copy, said = check([LIST], {"headlines": raw})
    assert copy == {"headlines": ("One", "Two", "Three")}
    assert said == []


def test_an_answer_is_found_inside_another_object_and_in_other_capitals():
    assert check([TEXT], {"answer": {"Text": "found"}}) == ({"text": "found"}, [])
    assert check([TEXT, LIST], {"text": "a", "Headlines": ["x", "y", "z"]})[1] == []


def test_an_answer_that_is_nested_without_end_is_no_text():
    deep = "x"
    for _ in range(5000):
        deep = [deep]
    assert check([TEXT], {"text": deep})[1] == ["Text is not a text"]
    assert check([LIST], {"headlines": [deep, "a", "b"]})[1] == ["Headline has 2 texts, 3 are needed"]
    assert check([TEXT], {"text": 10**5000})[1] == ["Text is not a text"]
    assert check([LIST], {"headlines": "[" * 90_000})[1] == [
        "Headline 1 has 90000 characters, at most 30",
        "Headline has 1 text, 3 are needed",
    ]
    wrapped = {"text": "x"}
    for _ in range(5000):
        wrapped = {"a": wrapped}
    assert check([TEXT], wrapped)[1] == ["Text is missing"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "Text is missing"),
        ("", "Text is empty"),
        (" \u200b ", "Text is empty"),
        (True, "Text is not a text"),
        ({"a": 1, "b": 2}, "Text is not a text"),
        ("x" * 134, "Text has 134 characters, at most 100"),
        ("a <b>bold</b> word", "Text has HTML, which is not allowed here"),
        ("a &lt;br/&gt; break", "Text has HTML, which is not allowed here"),
    ],
)
def test_a_breach_is_said_in_plain_words(value, expected):
    assert check([TEXT], {"text": value})[1] == [expected]


def test_a_missing_key_is_a_violation_and_not_in_the_copy():
    assert check([TEXT], {}) == ({}, ["Text is missing"])
    assert check([TEXT], [1, 2]) == ({}, ["Text is missing"])


def test_less_than_and_hearts_are_no_html():
    assert check([TEXT], {"text": "5 < 6 and 7 > 3, <3"})[1] == []


def test_html_is_kept_where_it_is_allowed_but_not_programs():
    page = field("page", title="Page", max_chars=900, multiline=True, html=True)
    text = "<p>Tom &amp; <b>Jerry</b></p>"
    assert check([page], {"page": text}) == ({"page": text}, [])
    for bad in ("<script>x</script>", "<p onclick='x'>y</p>", "<a href='javascript:x'>y</a>"):
        assert check([page], {"page": bad})[1] == ["Page has HTML that could run a program"]


def test_each_breach_of_a_list_names_its_column():
    copy, said = check([LIST], {"headlines": ["x" * 34, "Same", "same "]})
    assert said == ["Headline 1 has 34 characters, at most 30", "Headline 3 is the same as Headline 2"]
    assert copy == {"headlines": ("x" * 34, "Same", "same")}
    assert check([LIST], {"headlines": ["One"]})[1] == ["Headline has 1 text, 3 are needed"]
    assert check([LIST], {"headlines": 7})[1] == ["Headline is not a list of texts"]


def test_fewer_texts_are_enough_where_the_template_says_so():
    few = field("points", count=5, min_count=2)
    assert check([few], {"points": ["a", "b"]})[1] == []


def test_lengths_in_words_and_characters_are_checked():
    strict = field(min_words=2, max_words=3, min_chars=6)
    assert check([strict], {"text": "one"})[1] == ["Text has 3 characters, at least 6", "Text has 1 word, at least 2"]
    assert check([strict], {"text": "one two three four"})[1] == ["Text has 4 words, at most 3"]


def test_characters_are_code_points():
    assert check([field(max_chars=3)], {"text": "äß👍"})[1] == []


def test_banned_characters_and_words_are_found():
    strict = field(banned_chars="!™", banned_words=("best seller", "sale", "N/A", "#1", "100%"))
    assert check([strict], {"text": "Wow! Acme™"})[1] == [
        'Text has the character "!", which is not allowed here',
        'Text has the character "™", which is not allowed here',
    ]
    for text, word in [
        ("A Best-Seller again", "best seller"),
        ("SALE, now", "sale"),
        ("size n/a", "N/A"),
        ("the #1 cap", "#1"),
        ("100% wool", "100%"),
    ]:
        assert check([strict], {"text": text})[1] == [f'Text has "{word}", which is not allowed here']
    for text in ("wholesale and sales", "best of sellers", "1 cap", "N and A", "100 % wool"):
        assert check([strict], {"text": text})[1] == []


def test_the_brand_bans_words_and_claims_in_every_field():
    brand = Brand(banned_words=("cheap", "luxus"), never_claim=("carbon neutral", "最好"))
    copy, said = check(
        [TEXT, LIST], {"text": "Carbon-neutral and CHEAP", "headlines": ["Luxus pur", "Luxuriös", "这是最好的"]}, brand
    )
    assert said == [
        'Text has "cheap", which the brand never uses',
        'Text has "carbon neutral", which the brand never claims',
        'Headline 1 has "luxus", which the brand never uses',
        'Headline 3 has "最好", which the brand never claims',
    ]
    assert copy["headlines"][0] == "Luxus pur"


def test_a_kept_word_must_not_change_its_case():
    brand = Brand(keep_words=("iPhone", "Nordlicht Pro", "GO"))
    said = check([TEXT], {"text": "IPhone case, nordlicht pro"}, brand, title="iPhone case Nordlicht Pro")[1]
    assert said == [
        'Text has "IPhone", which the brand writes "iPhone"',
        'Text has "nordlicht pro", which the brand writes "Nordlicht Pro"',
    ]
    for text, title in [
        ("iPhone case", "iPhone case"),
        ("A case", "iPhone case"),
        ("IPHONE case", "A case"),
        ("where we go", "iPhone"),
        ("iphones", "iPhone"),
    ]:
        assert check([TEXT], {"text": text}, brand, title=title)[1] == []
    headlines = ["iPhone case", "IPHONE", "Case"]
    assert check([LIST], {"headlines": headlines}, brand, title="iPhone")[1] == [
        'Headline 2 has "IPHONE", which the brand writes "iPhone"'
    ]


def test_a_word_that_comes_too_often_is_named_but_not_small_words():
    title = field(max_word_repeats=2)
    assert check([title], {"text": "Shirt, the shirt for the one and the other"})[1] == []
    assert check([title], {"text": "Shirt shirt SHIRT"})[1] == ['Text has the word "shirt" 3 times, at most 2']


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["text", "headlines", "page", "x"]), json_values), st.text(max_size=20))
def test_whatever_comes_the_copy_is_sound_or_a_violation_says_why(values, title):
    fields = [LIST, TEXT, PAGE]
    brand = Brand(banned_words=("a",), keep_words=("B",))
    copy, violations = Checker(fields, brand).check(values, {"title": title})
    broken = {violation.field for violation in violations}
    for each in fields:
        if each.name in broken:
            continue
        value = copy[each.name]
        texts = value if each.is_list else (value,)
        assert isinstance(value, tuple) == each.is_list
        assert len(texts) == each.count
        assert all(1 <= len(text) <= each.max_chars and text == text.strip() for text in texts)
        assert all(text.encode("utf-8") for text in texts)
        if not each.multiline:
            assert not any("\n" in text or "\r" in text for text in texts)


@given(st.text())
def test_tidying_a_tidy_text_changes_nothing(text):
    once = check([PAGE], {"page": text})[0]["page"]
    assert check([PAGE], {"page": once})[0]["page"] == once
