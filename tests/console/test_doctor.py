from __future__ import annotations

import pytest


def checks(skuscribe):
    return {check["name"]: check for check in skuscribe.json("doctor", code=5)["checks"]}


def test_the_parts_of_an_installation_on_one_machine_are_well(skuscribe, tmp_path):
    found = checks(skuscribe)

    assert {found[name]["state"] for name in ("store", "database", "broker", "files")} == {"ok"}
    assert found["database"]["detail"].startswith("sqlite ")
    assert str(tmp_path / "home/skuscribe.db") in found["database"]["detail"]
    assert found["broker"]["detail"] == "none: jobs run in the command."


def test_a_database_that_cannot_be_opened_fails_and_the_rest_is_looked_at(skuscribe, tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/skuscribe.db").write_text("no database at all, " * 100)
    monkeypatch.setenv("SKUSCRIBE_BROKER_URL", "redis://:geheim@127.0.0.1:9/0")
    found = checks(skuscribe)

    assert found["database"]["state"] == "fail"
    assert found["broker"]["state"] == "fail"
    assert "geheim" not in str(found)
    assert found["files"]["state"] == "warn"
    assert "set SKUSCRIBE_FILES" in found["files"]["detail"]


def test_a_shared_folder_that_is_not_mounted_fails(skuscribe, monkeypatch, tmp_path):
    monkeypatch.setenv("SKUSCRIBE_FILES", str(tmp_path / "mnt"))

    assert "is not there" in checks(skuscribe)["files"]["detail"]


def test_what_is_advised_without_credentials_is_a_command_that_has_the_option(skuscribe):
    advice = checks(skuscribe)["identity"]["fix"]

    assert "`skuscribe run … --simulate` tries it without an account." in advice
    assert "--simulate" in skuscribe("run", "--help").out
    assert "--simulate" not in skuscribe("doctor", "--help").out


def test_a_profile_that_is_not_there_does_not_hide_the_other_checks(skuscribe, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    found = checks(skuscribe)

    assert "nobody" in found["identity"]["detail"]
    assert found["database"]["state"] == "ok"


@pytest.mark.parametrize("url", ["postgresql://ann:geheim@127.0.0.1:9/shop", "postgresql://ann:geheim@/shop?host=/no"])
def test_a_postgresql_that_is_down_is_told_without_its_password(skuscribe, monkeypatch, url):
    monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", url)
    found = checks(skuscribe)

    assert found["database"]["state"] == "fail"
    assert "geheim" not in str(found)


def test_a_batch_lane_that_is_not_set_up_is_no_fault_and_half_of_one_is_told(skuscribe, monkeypatch):
    assert checks(skuscribe)["batch"]["state"] == "ok"
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET", "shop-batch")

    assert checks(skuscribe)["batch"]["state"] == "warn"
    assert "BATCH_ROLE_ARN is not" in checks(skuscribe)["batch"]["detail"]
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert checks(skuscribe)["batch"]["state"] == "warn"
