"""Jobs that are kept in a PostgreSQL database, by one person and without any other server."""

import json

import pytest
from command_line import csv_file, ended, many, start, table_of
from servers import Postgres

from jobs.store.database import newest_revision

pytestmark = pytest.mark.servers

TEMPLATE = "image-alt-text"


@pytest.fixture
def in_postgresql(postgresql_url, monkeypatch):
    monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", postgresql_url)


def said(*arguments, code=0):
    outcome = ended(start(*arguments, "--json"))
    assert outcome.code == code, outcome.out + outcome.err
    return outcome.json


def run(source, out, *more, code=0):
    return said("run", source, "--template", TEMPLATE, "--simulate", "--out", out, "--yes", *more, code=code)


@pytest.mark.usefixtures("in_postgresql")
def test_a_whole_job_is_run_and_asked_for(tmp_path):
    source = csv_file(tmp_path / "products.csv")
    summary = run(source, tmp_path / "out")
    assert summary["state"] == "done"
    assert summary["items"]["done"] == 3
    assert [row["Skuscribe status"] for row in table_of(summary["outputs"]["workbook"])] == ["simulated: done"] * 3
    again = said("status", summary["job"])
    assert {name: again[name] for name in ("items", "cost_usd", "usage")} == {
        name: summary[name] for name in ("items", "cost_usd", "usage")
    }
    assert [job["job"] for job in said("jobs")["jobs"]] == [summary["job"]]
    costs = said("costs", "--by", "day,model,job,template,owner,lane,locale", "--simulated")
    assert costs["total"]["cost_usd"] == summary["cost_usd"]
    assert said("resume", summary["job"])["requests"] == summary["requests"]


@pytest.mark.usefixtures("in_postgresql")
def test_what_is_unchanged_is_reused_and_what_was_capped_is_resumed(tmp_path):
    source = csv_file(tmp_path / "products.csv", many(40))
    capped = run(source, tmp_path / "out", "--budget", "0.0005", code=4)
    assert 0 < capped["items"]["pending"] < 40
    finished = said("resume", capped["job"], "--budget", "1")
    assert finished["items"]["done"] == 40
    again = run(source, tmp_path / "again")
    assert (again["items"]["reused"], again["requests"]) == (40, 0)
    assert said("estimate", source, "--template", TEMPLATE, "--simulate", "--fresh")["items"]["total"] == 40


@pytest.mark.usefixtures("in_postgresql")
def test_characters_that_the_database_cannot_hold_do_not_stop_a_job(tmp_path):
    odd = ("A\0 1", "Enamel kettle \0 of steel", "red\0")
    source = csv_file(tmp_path / "odd.csv", [("SKU", "Title", "Colour"), odd, odd, ("00124", "Stoneware mug", "\0")])
    outcome = ended(start("run", source, "--template", TEMPLATE, "--simulate", "--yes", "--json"))
    items = outcome.json["items"]
    assert items["total"] == items["done"] + items["flagged"] == 2


def test_an_empty_database_is_upgraded_by_command_only(tmp_path, postgresql, monkeypatch):
    name = postgresql.new_database()
    monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", postgresql.url(name))
    error = run(csv_file(tmp_path / "products.csv"), tmp_path / "out", code=2)["error"]
    assert "is empty" in error["message"]
    assert "skuscribe db upgrade" in error["fix"]
    assert said("db", "upgrade")["before"] is None
    assert said("db", "upgrade") == {
        "store": f"{name} on 127.0.0.1:{postgresql.port}", "before": newest_revision(), "after": newest_revision()
    }  # fmt: skip
    assert said("jobs") == {"jobs": []}
    assert "up to date" in ended(start("db", "upgrade")).out
    postgresql.drop(name)


@pytest.mark.parametrize("command", [("jobs",), ("db", "upgrade"), ("doctor",)])
@pytest.mark.parametrize("port", [None, 1])
def test_a_database_that_lets_nobody_in_is_told_without_the_password(postgresql, monkeypatch, command, port):
    url = (
        postgresql.url()
        .replace(postgresql.password, "not-the-one")
        .replace(f":{postgresql.port}/", f":{port or postgresql.port}/")
    )
    monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", url)
    outcome = ended(start(*command, "--json"))
    assert outcome.code != 0
    assert ("refused" if port else "password authentication failed") in outcome.out
    assert "not-the-one" not in outcome.out + outcome.err


@pytest.mark.parametrize("secret", ["p@ss:w0rd", "p@ss/w0rd"])
def test_a_password_that_was_not_encoded_is_not_repeated(monkeypatch, secret):
    monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", f"postgresql://ana:{secret}@127.0.0.1:1/store")
    outcome = ended(start("jobs"))
    assert outcome.code == 2
    assert "%40" in outcome.err
    assert "w0rd" not in outcome.out + outcome.err


def test_a_command_waits_for_a_database_that_is_away_for_a_moment(tmp_path, monkeypatch):
    with Postgres() as server:
        monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", server.url())
        said("db", "upgrade")
        source = csv_file(tmp_path / "products.csv", many(1500))
        running = start(
            "run", source, "--template", TEMPLATE, "--simulate", "--out", tmp_path / "out", "--yes", "--json"
        )
        for moment in ("products", "items", "attempt_ends"):
            while running.poll() is None and not server.run(f"SELECT 1 FROM {moment} LIMIT 1"):  # noqa: S608 - ours
                pass
            server.kill()
            server.start()
        outcome = ended(running, 120)
        assert outcome.code == 0, outcome.out + outcome.err
        summary = json.loads(outcome.out)
        assert summary["items"]["done"] == 1500
        assert said("status", summary["job"])["cost_usd"] == summary["cost_usd"]
