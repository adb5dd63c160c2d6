import pytest
from templates_making import field

from templates.limits import LimitCheck, limit_of_field, platform_limits


def rules(name, text):
    return [breach.rule for breach in LimitCheck(platform_limits()[name]).breaches(text)]


def test_every_limit_says_where_it_comes_from_and_what_it_is_for():
    for name, limit in platform_limits().items():
        assert limit.source, name
        assert limit.label, name
        assert limit.columns, name


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("shopify-seo-title", "x" * 60, []),
        ("shopify-seo-title", "x" * 61, ["long"]),
        ("shopify-seo-title", "x" * 71, ["too_long"]),
        ("shopify-alt-text", "x" * 513, ["too_long"]),
        ("google-title", "ß" * 150, []),
        ("google-title", "ß" * 151, ["too_long"]),
        ("amazon-title", "Kettle, Red!", ["characters"]),
        ("amazon-title", "Kettle Red Kettle Blue Kettle", ["word_repeats"]),
        ("amazon-title", "Kettle, Free Shipping", ["words"]),
        ("amazon-bullet", "Soft <b>cotton</b>", ["html"]),
        ("amazon-bullet", "Soft ✅ cotton", ["advised_against"]),
        ("amazon-bullet", "x" * 251, ["long"]),
        ("amazon-description", "One line<br>another", []),
        ("amazon-description", "<p>One line</p>", ["html"]),
        ("shopify-description", "<p>One line</p>", []),
        ("shopify-description", "<script>alert(1)</script>", ["html"]),
    ],
)
def test_a_text_is_measured_by_its_platform(name, text, expected):
    assert rules(name, text) == expected


def test_a_breach_is_said_with_its_figures():
    (breach,) = LimitCheck(platform_limits()["shopify-seo-description"]).breaches("x" * 161)
    assert breach.message == "has 161 characters, at most 160"
    assert not breach.is_advice


def test_a_template_s_contract_is_a_limit_for_columns_named_like_its_field():
    limit = limit_of_field(field("text", title="Bullet", count=2, max_chars=20, min_words=2), "mine")
    assert limit.columns == ("Bullet", "Bullet 1", "Bullet 2")
    assert [breach.message for breach in LimitCheck(limit).breaches("x" * 21)] == [
        "has 21 characters, at most 20",
        "has 1 word, at least 2",
    ]
