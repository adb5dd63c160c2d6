import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.errors import UserError
from templates.locales import parse_locale


@pytest.mark.parametrize(
    ("given_tag", "tag", "name"),
    [
        ("de-DE", "de-DE", "German (Germany)"),
        ("de-de", "de-DE", "German (Germany)"),
        ("EN_gb", "en-GB", "English (United Kingdom)"),
        ("fr", "fr", "French"),
        ("es-419", "es-419", "Spanish (Latin America)"),
        ("pt-br", "pt-BR", "Portuguese (Brazil)"),
        ("zh-hans", "zh-Hans", "Chinese (Simplified)"),
        ("zh-hant-tw", "zh-Hant-TW", "Chinese (Traditional, Taiwan)"),
        ("de-BR", "de-BR", "German (Brazil)"),
    ],
)
def test_a_locale_is_read_in_any_case_and_named_in_english(given_tag, tag, name):
    assert parse_locale(given_tag).tag == tag
    assert str(parse_locale(given_tag)) == tag
    assert parse_locale(given_tag).name == name


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("german", '"de"'),
        ("German", '"de"'),
        ("de-XX", "de-"),
        ("de-DD", "de-DE"),
        ("xx", "Did you mean"),
        ("", "There is"),
    ],
)
def test_a_wrong_locale_is_named_with_what_is_near(wrong, hint):
    with pytest.raises(UserError) as caught:
        parse_locale(wrong)
    assert caught.value.code == "locale"
    assert f'locale "{wrong}"' in caught.value.message
    assert hint in caught.value.message
    assert "de-DE" in caught.value.fix


@given(st.text(max_size=20))
def test_any_text_is_a_locale_or_a_user_error(text):
    try:
        locale = parse_locale(text)
    except UserError:
        return
    assert parse_locale(locale.tag) == locale
