import pytest

from templates.errors import UserError
from worker.settings import load_settings

OTHERS = ("batch_bucket", "batch_role_arn")


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


def test_a_broker_other_than_redis_is_refused_without_telling_its_password(tmp_path):
    message = told({"SKUSCRIBE_BROKER_URL": "amqp://ann:sekret@h"}, tmp_path)
    assert "SKUSCRIBE_BROKER_URL" in message
    assert "sekret" not in message
    (tmp_path / "skuscribe.toml").write_text("broker_url = 'amqp://ann:sekret@h'")
    assert "sekret" not in told({}, tmp_path)


def test_a_secret_is_read_from_the_first_line_of_a_file(tmp_path):
    secret = tmp_path / "broker"
    secret.write_text("redis://:sekret@h/0\nanything\n")
    home = {"SKUSCRIBE_HOME": str(tmp_path / "home")}
    assert (
        load_settings(home | {"SKUSCRIBE_BROKER_URL_FILE": str(secret)}, tmp_path).broker_url == "redis://:sekret@h/0"
    )
    both = {"SKUSCRIBE_BROKER_URL_FILE": str(secret), "SKUSCRIBE_BROKER_URL": "redis://other"}
    assert load_settings(home | both, tmp_path).broker_url == "redis://other"
    assert "gone" in told({"SKUSCRIBE_BROKER_URL_FILE": str(tmp_path / "gone")}, tmp_path)


def test_the_form_of_log_lines_is_one_of_two(tmp_path):
    assert "SKUSCRIBE_LOG" in told({"SKUSCRIBE_LOG": "xml"}, tmp_path)


def test_a_broker_that_is_misspelt_is_named(tmp_path):
    assert "SKUSCRIBE_BROKER_URL" in told({"SKUSCRIBE_BROKR_URL": "redis://h"}, tmp_path)


def test_a_wrong_value_is_told_without_its_password(tmp_path):
    message = told({"SKUSCRIBE_RPM": "http://ann:sekret@h"}, tmp_path)
    assert "//h" in message
    assert "sekret" not in message
