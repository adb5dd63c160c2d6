from __future__ import annotations

import csv
import io
import json

import pytest
from click import Context, Option
from command_line import SUMMARY_KEYS, csv_file
from stand_in import StandIn

from console.main import cli

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes")
FIGURES = {
    "items", "attempts", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd",
    "unpriced_items",
}  # fmt: skip


def test_jobs_and_status_give_the_summary_of_the_run(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    first = skuscribe.json("run", source, *RUN)
    second = skuscribe.json("run", source, "--template", "seo-meta", "--yes")
    assert skuscribe.json("jobs") == {"jobs": [second, first]}
    assert set(second) == SUMMARY_KEYS
    assert skuscribe.json("status", first["job"]) == first
    shown = skuscribe("jobs")
    assert first["job"] in shown.out
    assert second["job"] in shown.out
    assert bedrock.counts.requests == 6


def test_costs_have_their_dimensions_and_figures(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    empty = skuscribe.json("costs")
    assert empty["rows"] == []
    assert empty["total"]["items"] == 0
    skuscribe.json("run", source, *RUN, "--owner", "ann")
    bedrock.faults = {"throttle": 0.5}
    skuscribe.json("run", source, "--template", "seo-meta", "--yes", "--owner", "bob")
    shown = skuscribe.json("costs", "--by", "owner,template")
    assert set(shown) == {"rows", "total", "realm"}
    assert set(shown["total"]) == FIGURES
    assert all(set(row) == FIGURES | {"owner", "template"} for row in shown["rows"])
    assert [(row["owner"], row["items"]) for row in shown["rows"]] == [("ann", 3), ("bob", 3)]
    assert shown["total"]["attempts"] == bedrock.counts.requests
    table = list(csv.DictReader(io.StringIO(skuscribe("costs", "--by", "owner", "--format", "csv").out)))
    assert [row["owner"] for row in table[:2]] == ["ann", "bob"]
    assert json.loads(skuscribe("costs", "--by", "owner", "--format", "json").out) == skuscribe.json(
        "costs", "--by", "owner"
    )
    assert skuscribe.json("costs", "--to", "2020-01-01")["total"]["items"] == 0
    assert skuscribe.json("costs", "--from", "2020-01-01")["total"]["items"] == 6


def test_costs_say_whose_they_are_and_how_the_others_are_shown(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    assert skuscribe("costs").out.endswith("Realm: aws.\n")
    skuscribe.json("run", source, *RUN)
    realm = bedrock.endpoint.removeprefix("http://")
    assert skuscribe.json("costs")["realm"] == realm
    assert skuscribe("costs").out.endswith(f"Realm: {realm}.\n")
    skuscribe.json("run", source, "--template", "seo-meta", "--simulate")
    assert skuscribe("costs").out.endswith(f"Realm: {realm}.\nSimulated costs are shown with --simulated.\n")
    assert skuscribe("costs", "--simulated").out.endswith(f"What was spent at {realm} is shown without --simulated.\n")


def test_prices_are_dated_and_say_their_source(skuscribe):
    shown = skuscribe.json("prices", "--model", "us.amazon.nova-lite-v1:0")
    assert set(shown) == {"date", "prices"}
    assert {price["model"] for price in shown["prices"]} == {"amazon.nova-lite-v1:0"}
    assert all(price["source"] and price["effective_from"] for price in shown["prices"])
    assert {"input", "output"} <= {price["kind"] for price in shown["prices"]}
    assert len(skuscribe.json("prices")["prices"]) > 100


def test_templates_are_listed_shown_and_checked(skuscribe, bedrock, tmp_path):
    names = {template["name"] for template in skuscribe.json("templates", "list")["templates"]}
    assert names >= {
        "product-description", "seo-meta", "google-ads-rsa", "amazon-listing", "image-alt-text", "email-subject",
        "translate-description",
    }  # fmt: skip
    shown = skuscribe.json("templates", "show", "seo-meta")
    assert shown["needs"] == ["title"]
    assert {field["name"]: field["max_chars"] for field in shown["fields"]} == {
        "seo_title": 60,
        "meta_description": 155,
    }
    well = skuscribe.json("templates", "check", "seo-meta", csv_file(tmp_path / "p.csv"))
    assert well["mapped"]["title"] == "Title"
    assert well["missing"] == []
    ill = csv_file(tmp_path / "q.csv", [("SKU", "Shade"), ("1", "red")])
    lacking = skuscribe.json("templates", "check", "seo-meta", ill, code=2)
    assert lacking["missing"] == ["title"]
    assert "--map title=" in skuscribe("templates", "check", "seo-meta", ill).out
    assert bedrock.counts.requests == 0


@pytest.mark.parametrize(
    "command",
    ["run", "estimate", "preview", "resume", "retry", "stop", "jobs", "status", "templates", "costs", "prices",
     "doctor", "policy", "simulator"],
)  # fmt: skip
def test_every_command_has_help_that_a_marketer_can_follow(skuscribe, command):
    shown = skuscribe(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith("Usage: skuscribe")
    found = cli.get_command(Context(cli), command)
    commands = getattr(found, "commands", {command: found}).values()
    assert all(one.help for one in commands)
    assert all(option.help for one in commands for option in one.params if isinstance(option, Option))
    assert command in skuscribe("--help").out


def test_costs_of_different_places_stand_in_different_rows(skuscribe, bedrock, tmp_path, monkeypatch):
    source = csv_file(tmp_path / "p.csv")
    assert skuscribe.json("costs")["total"]["cost_usd"] == "0"
    skuscribe.json("run", source, "--template", "seo-meta", "--yes")
    assert "realm" not in skuscribe.json("costs")["rows"][0]
    with StandIn() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", other.endpoint)
        skuscribe.json("run", source, "--template", "seo-meta", "--yes")
        rows = skuscribe.json("costs", "--by", "model")["rows"]
        assert {row["realm"] for row in rows} == {one.endpoint.removeprefix("http://") for one in (bedrock, other)}


def test_a_preview_is_neither_resumed_nor_retried(skuscribe, bedrock, tmp_path):
    bedrock.always = "prose"
    source = csv_file(tmp_path / "p.csv")
    preview = skuscribe.json("preview", source, "--template", "seo-meta", "--rows", "1", code=3)
    for command in ("resume", "retry"):
        assert skuscribe.json(command, preview["job"], code=2)["error"]["code"] == "job"
    assert skuscribe.json("status", preview["job"])["items"] == preview["items"]
