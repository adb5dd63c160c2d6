from __future__ import annotations

import pytest
from command_line import PRODUCTS, csv_file, many, table_of, xlsx_file

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes")


def test_rows_sheet_header_row_and_key_choose_what_is_read(skuscribe, bedrock, tmp_path):
    lines = [("Spring range",), (), *PRODUCTS]
    source = xlsx_file(tmp_path / "p.xlsx", [("Note",), ("nothing here",)], Range=lines)
    summary = skuscribe.json(
        "run", source, *RUN, "--sheet", "Range", "--header-row", "3", "--rows", "5-6", "--key", "SKU"
    )
    assert summary["items"]["total"] == 2 == bedrock.counts.requests
    assert "mug" in " ".join(bedrock.counts.prompts)
    assert "kettle" not in " ".join(bedrock.counts.prompts)
    items = table_of(summary["outputs"]["report"], "Items")
    assert [(row["row"], row["key"]) for row in items] == [(5, "00124"), (6, "00125")]
    one = skuscribe.json("run", source, *RUN, "--sheet", "Range", "--rows", "4")
    assert one["items"]["total"] == 1
    assert "kettle" in bedrock.counts.prompts[-1]


def test_map_says_which_column_gives_a_variable_and_is_printed(skuscribe, bedrock, tmp_path):
    rows = [("Nr", "Was es ist", "Farbton"), ("1", "Emaillekessel", "rot")]
    source = csv_file(tmp_path / "p.csv", rows)
    told = ("--map", "title=Was es ist", "--map", "colour=Farbton")
    outcome = skuscribe("run", source, *RUN, *told)
    assert outcome.code == 0
    assert '"Was es ist"' in outcome.err
    assert "Emaillekessel" in bedrock.counts.prompts[0]
    assert "rot" in bedrock.counts.prompts[0]


def test_a_job_file_holds_the_options_and_those_given_win(skuscribe, bedrock, tmp_path):
    (tmp_path / "brand.toml").write_text('voice = "Dry and short, never cosy."\n', encoding="utf-8")
    (tmp_path / "job.toml").write_text(
        'template = ["image-alt-text", "seo-meta"]\nlocale = "de-DE"\nbrand = "brand.toml"\nbudget = 1.5\n'
        'model = "amazon.nova-pro-v1:0"\nmap = { colour = "Shade" }\nrows = "2-3"\nout = "from-file"\n',
        encoding="utf-8",
    )
    source = csv_file(tmp_path / "p.csv", [("SKU", "Title", "Shade", "Tint"), *PRODUCTS[1:]])
    summary = skuscribe.json("run", source, "--job", "job.toml")
    assert summary["items"]["total"] == 4
    assert bedrock.counts.models == {"amazon.nova-pro-v1:0": 4}
    assert "from-file" in summary["outputs"]["workbook"]
    assert "never cosy" in str(bedrock.counts.bodies[0]["system"])
    assert "SEO title [de-DE]" in table_of(summary["outputs"]["workbook"])[0]
    assert "red" in bedrock.counts.prompts[0]
    given = ("--model", "amazon.nova-lite-v1:0", "--rows", "4", "--locale", "fr-FR", "--out", "given")
    summary = skuscribe.json("run", source, "--job", "job.toml", *given, "--template", "seo-meta")
    assert summary["items"]["total"] == 1
    assert bedrock.counts.models["amazon.nova-lite-v1:0"] == 1
    assert "given" in summary["outputs"]["workbook"]
    assert "SEO title [fr-FR]" in table_of(summary["outputs"]["workbook"])[0]


def test_an_own_template_stands_before_the_library(skuscribe, bedrock, tmp_path):
    folder = tmp_path / "own" / "image-alt-text"
    folder.mkdir(parents=True)
    (folder / "template.toml").write_text(
        'title = "Ours"\nversion = 7\n[needs.title]\nlabel = "Title"\n[uses.shelf]\nlabel = "Shelf"\n'
        'aliases = ["Warehouse"]\n[fields.line]\ntitle = "Our line"\nbrief = "One line"\nmax_chars = 40\n',
        encoding="utf-8",
    )
    (folder / "system.j2").write_text("You write lines.", encoding="utf-8")
    (folder / "user.j2").write_text("A line for {{ title }} on {{ shelf }}.", encoding="utf-8")
    source = csv_file(tmp_path / "p.csv")
    summary = skuscribe.json("run", source, *RUN, "--templates", "own")
    assert "A line for Enamel kettle on A1." in bedrock.counts.prompts
    assert all(0 < len(row["Our line"]) <= 40 for row in table_of(summary["outputs"]["workbook"]))
    # The same folder in the installation's own place works without the option.
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "own").rename(tmp_path / "home" / "templates")
    assert skuscribe.json("run", source, *RUN)["items"]["reused"] == 3
    assert skuscribe.json("templates", "show", "image-alt-text")["version"] == 7


def test_settings_come_from_option_environment_and_files_in_this_order(skuscribe, bedrock, tmp_path, monkeypatch):
    source = csv_file(tmp_path / "p.csv")

    def used(*arguments):
        skuscribe.json("run", source, *RUN, "--fresh", "--rows", "2", *arguments)
        return next(reversed(bedrock.counts.bodies)), list(bedrock.counts.models)[-1]

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "skuscribe.toml").write_text('model = "acme.home-v1:0"\nowner = "them"\n', encoding="utf-8")
    assert used()[1] == "acme.home-v1:0"
    (tmp_path / "skuscribe.toml").write_text('model = "acme.folder-v1:0"\n', encoding="utf-8")
    assert used()[1] == "acme.folder-v1:0"
    monkeypatch.setenv("SKUSCRIBE_MODEL", "acme.environment-v1:0")
    assert used()[1] == "acme.environment-v1:0"
    assert used("--model", "acme.option-v1:0")[1] == "acme.option-v1:0"
    skuscribe.json("run", source, *RUN, "--fresh", "--rows", "3", "--owner", "us")
    owners = {row["owner"]: row["items"] for row in skuscribe.json("costs", "--by", "owner")["rows"]}
    assert owners == {"them": 4, "us": 1}


def test_concurrency_bounds_what_is_in_flight(skuscribe, bedrock, tmp_path):
    bedrock.latency_s = 0.05
    source = csv_file(tmp_path / "p.csv", many(40))
    skuscribe.json("run", source, *RUN, "--concurrency", "3")
    assert bedrock.counts.max_in_flight == 3


def test_a_told_rate_is_kept(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv", many(30))
    summary = skuscribe.json("run", source, *RUN, "--rpm", "600")
    assert summary["seconds"] >= 2
    assert bedrock.counts.requests == 30


def test_throttles_and_faults_cost_no_item(skuscribe, bedrock, tmp_path):
    bedrock.faults = {"throttle": 0.1, "error_500": 0.04, "error_503": 0.04, "drop": 0.03, "garbage": 0.03}
    source = csv_file(tmp_path / "p.csv", many(60))
    summary = skuscribe.json("run", source, *RUN)
    assert summary["items"]["done"] == 60
    assert summary["throttled"] == bedrock.counts.faults["throttle"] > 0
    assert summary["requests"] == bedrock.counts.requests
    assert max(bedrock.counts.answers.values()) == 1
    lost = bedrock.counts.faults["drop"] + bedrock.counts.faults["garbage"]
    assert summary["unconfirmed_attempts"] == lost


def test_old_versions_and_catalogues_keep_their_copy_apart(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "2026-03-01 range.csv")
    skuscribe.json("run", source, *RUN)
    later = csv_file(tmp_path / "2026-04-01 range.csv", [PRODUCTS[0], ("00123", "Enamel kettle", "green", "A1")])
    # The date is no part of the catalogue's name, so that this product's copy is known and stale.
    assert skuscribe.json("run", later, *RUN, "--only", "stale")["items"]["done"] == 1
    other = skuscribe.json("run", later, *RUN, "--only", "stale", "--catalogue", "elsewhere")
    assert other["items"]["total"] == 0
    assert bedrock.counts.requests == 4


def test_what_is_given_twice_counts_once(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    twice = ("--template", "image-alt-text@1", "--locale", "de-DE", "--locale", "de-de")
    assert skuscribe.json("run", source, *RUN, *twice)["items"]["total"] == 3 == bedrock.counts.requests
    assert skuscribe.json("costs", "--by", "day,day") == skuscribe.json("costs", "--by", "day")
