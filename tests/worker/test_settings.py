import pytest

from templates.errors import UserError
from worker.settings import load_settings

OTHERS = ("files", "batch_bucket", "batch_role_arn")


def told(environ, folder):
    with pytest.raises(UserError) as caught:
        load_settings({"SKUSCRIBE_HOME": str(folder / "home"), **environ}, folder)
    assert caught.value.code == "setting"
    return caught.value.message


def test_settings_of_a_larger_installation_change_nothing_here(tmp_path):
    home = {"SKUSCRIBE_HOME": str(tmp_path / "home")}
    plain = load_settings(home, tmp_path)
    (tmp_path / "skuscribe.toml").write_text("".join(f"{name} = 'x'\n" for name in OTHERS) + "broker_url = ''\n")
    environ = {f"SKUSCRIBE_{name.upper()}": "x" for name in OTHERS} | {"SKUSCRIBE_BROKER_URL": ""}
    assert load_settings(home | environ, tmp_path) == plain


def test_a_broker_is_refused_without_telling_its_password(tmp_path):
    message = told({"SKUSCRIBE_BROKER_URL": "redis://ann:sekret@h"}, tmp_path)
    assert "SKUSCRIBE_BROKER_URL is set" in message
    assert "sekret" not in message
    (tmp_path / "skuscribe.toml").write_text("broker_url = 'redis://ann:sekret@h'")
    assert "sekret" not in told({}, tmp_path)


def test_a_broker_that_is_misspelt_is_named(tmp_path):
    assert "SKUSCRIBE_BROKER_URL" in told({"SKUSCRIBE_BROKR_URL": "redis://h"}, tmp_path)


def test_a_wrong_value_is_told_without_its_password(tmp_path):
    message = told({"SKUSCRIBE_RPM": "http://ann:sekret@h"}, tmp_path)
    assert "//h" in message
    assert "sekret" not in message
