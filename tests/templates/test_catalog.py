from pathlib import Path

import pytest
from templates_making import TOML, sources

from templates.catalog import Catalog
from templates.errors import UserError


def write(folder: Path, **texts):
    folder.mkdir(parents=True)
    for name, text in sources(**texts).items():
        (folder / name).write_text(text, encoding="utf-8")


def version(number, title="Test"):
    return TOML.replace("version = 1", f"version = {number}").replace('"Test"', f'"{title}"')


def test_the_newest_version_is_found_by_name_and_old_ones_by_number(tmp_path):
    write(tmp_path / "mine", toml=version(3))
    write(tmp_path / "mine" / "versions" / "1", toml=version(1))
    write(tmp_path / "mine" / "versions" / "2", toml=version(2))
    catalog = Catalog([tmp_path])
    assert catalog.find("mine").version == 3
    assert [catalog.find(f"mine@{number}").version for number in (1, 2, 3)] == [1, 2, 3]
    assert catalog.find("mine@2").ref == "mine@2"


def test_a_template_of_the_user_hides_the_library_but_not_its_other_versions(tmp_path):
    write(tmp_path / "seo-meta", toml=version(7))
    catalog = Catalog([tmp_path])
    assert catalog.find("seo-meta").version == 7
    assert catalog.find("seo-meta@1").title == "SEO title and meta description"


def test_an_earlier_folder_hides_a_later_one(tmp_path):
    write(tmp_path / "one" / "mine", toml=version(1, "First"))
    write(tmp_path / "two" / "mine", toml=version(1, "Second"))
    assert Catalog([tmp_path / "one", tmp_path / "two"]).find("mine").title == "First"


def test_all_lists_the_newest_of_each_by_name(tmp_path):
    write(tmp_path / "aaa", toml=version(2))
    write(tmp_path / "aaa" / "versions" / "1", toml=version(1))
    refs = [template.ref for template in Catalog([tmp_path, tmp_path / "nowhere"]).all()]
    assert refs[0] == "aaa@2"
    assert "google-ads-rsa@1" in refs
    assert refs == sorted(refs)


@pytest.mark.parametrize("ref", ["seo-mta", "SEO", "../library/seo-meta", "", "@1"])
def test_an_unknown_name_is_told_with_what_there_is(ref):
    with pytest.raises(UserError) as caught:
        Catalog().find(ref)
    assert caught.value.code == "template"
    assert "there is no such template" in caught.value.message
    assert "seo-meta" in caught.value.message


@pytest.mark.parametrize("wrong", ["9", "x", "01", "-1"])
def test_an_unknown_version_is_told_with_those_there_are(tmp_path, wrong):
    write(tmp_path / "mine", toml=version(3))
    write(tmp_path / "mine" / "versions" / "1", toml=version(1))
    with pytest.raises(UserError) as caught:
        Catalog([tmp_path]).find(f"mine@{wrong}")
    assert f'there is no version "{wrong}". There is: 1, 3.' in caught.value.message
    assert "mine@3" in caught.value.fix


def test_a_version_folder_must_hold_its_version(tmp_path):
    write(tmp_path / "mine", toml=version(3))
    write(tmp_path / "mine" / "versions" / "1", toml=version(2))
    with pytest.raises(UserError, match="version is 2, its folder says 1"):
        Catalog([tmp_path]).find("mine@1")


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    write(tmp_path / "mine")
    (tmp_path / "mine" / "user.j2").unlink()
    with pytest.raises(UserError, match=r"mine.user\.j2 is missing"):
        Catalog([tmp_path]).find("mine")
    (tmp_path / "mine" / "user.j2").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UserError, match=r"mine.user\.j2 cannot be read"):
        Catalog([tmp_path]).find("mine")


def test_a_broken_template_does_not_stop_another(tmp_path):
    write(tmp_path / "broken", user="{{")
    catalog = Catalog([tmp_path])
    assert catalog.find("seo-meta").name == "seo-meta"
    with pytest.raises(UserError, match="broken"):
        catalog.all()
