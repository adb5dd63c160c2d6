import pytest

from templates.brand import Brand, load_brand
from templates.errors import UserError

WHOLE = """
name = "Nordlicht"
voice = "calm, dry"
audience = "people who repair things"
banned_words = ["cheap", "luxury"]
keep_words = ["iPhone", "Nordlicht Pro"]
never_claim = ["carbon neutral"]
notes = "We say jumper."
"""


def test_a_brand_file_is_read_whole(tmp_path):
    path = tmp_path / "brand.toml"
    path.write_text("\ufeff" + WHOLE, encoding="utf-8")
    brand = load_brand(path)
    assert brand.name == "Nordlicht"
    assert brand.banned_words == ("cheap", "luxury")
    assert brand.keep_words == ("iPhone", "Nordlicht Pro")
    assert brand.never_claim == ("carbon neutral",)


def test_the_digest_changes_with_what_it_says():
    assert Brand(name="A").digest == Brand(name="A").digest
    assert len({Brand(name="A").digest, Brand(name="B").digest, Brand(voice="A").digest}) == 3


def test_all_problems_are_told_at_once_with_file_and_key(tmp_path):
    path = tmp_path / "brand.toml"
    path.write_text('nam = "X"\nvoice = 3\nbanned_words = ["a", "A", ""]\nkeep_words = ["a"]\nnever_claim = [1]')
    with pytest.raises(UserError) as caught:
        load_brand(path)
    said = caught.value.message
    assert caught.value.code == "brand"
    assert str(path) in said
    assert 'nam is not a known key. Did you mean "name"' in said
    assert "voice must be a text, not 3" in said
    assert 'banned_words has "A" twice' in said
    assert "banned_words has an empty text" in said
    assert 'keep_words has "a", which is also in banned_words' in said
    assert "never_claim must be a list of texts, not [1]" in said


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    path = tmp_path / "brand.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"brand\.toml"):
        load_brand(path)


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="there is no such brand file"):
        load_brand(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot be read"):
        load_brand(tmp_path)
