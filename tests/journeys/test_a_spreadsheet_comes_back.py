from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from command_line import PRODUCTS, SUMMARY_KEYS, csv_file, money_of, table_of, xlsx_file
from openpyxl import load_workbook

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_spreadsheet_comes_back_with_its_copy_and_its_cost(skuscribe, bedrock, tmp_path, ending):
    make = csv_file if ending == "csv" else xlsx_file
    source = make(tmp_path / f"spring.{ending}")
    before = source.read_bytes()
    summary = skuscribe.json("run", source, "--template", "seo-meta", "--yes")
    assert set(summary) == SUMMARY_KEYS
    assert summary["state"] == "done"
    assert summary["items"] == {
        "total": 3, "done": 3, "reused": 0, "locked": 0, "flagged": 0, "failed": 0, "pending": 0,
    }  # fmt: skip
    assert summary["requests"] == 3 == bedrock.counts.requests
    assert max(bedrock.counts.answers.values()) == 1
    assert summary["usage"]["input_tokens"] == bedrock.counts.input_tokens
    assert summary["usage"]["output_tokens"] == bedrock.counts.output_tokens
    assert summary["lanes"] == {"on-demand": 3}
    assert not summary["simulated"]
    rows = table_of(summary["outputs"]["workbook"])
    assert [row["SKU"] for row in rows] == ["00123", "00124", "00125"]
    for row in rows:
        assert 10 <= len(row["SEO title"]) <= 60
        assert 50 <= len(row["Meta description"]) <= 155
        assert row["Skuscribe status"] == "done"
        assert row["Skuscribe model"] == "amazon.nova-lite-v1:0"
        assert int(row["Skuscribe input tokens"]) > 0
    assert source.read_bytes() == before


def test_report_summary_and_costs_agree_to_the_last_decimal(skuscribe, bedrock, tmp_path):
    bedrock.usage = {"inputTokens": 1237, "outputTokens": 91, "cacheReadInputTokens": 33}
    bedrock.plan = lambda text, times: {"kettle": "over_limit", "mug": "prose" if times == 1 else None}.get(
        next((word for word in ("kettle", "mug") if word in text), "")
    )
    source = xlsx_file(tmp_path / "p.xlsx")
    names = ("--template", "seo-meta", "--template", "image-alt-text", "--locale", "de-DE", "--locale", "fr-FR")
    summary = skuscribe.json("run", source, *names, "--model", "amazon.nova-micro-v1:0", "--yes")
    assert summary["items"]["total"] == 12
    cost = Decimal(summary["cost_usd"])
    assert cost > 0
    costs = skuscribe.json("costs")
    assert costs["realm"] != "simulated"
    assert Decimal(costs["total"]["cost_usd"]) == cost
    assert money_of(summary["outputs"]["report"]) == cost
    rows = table_of(summary["outputs"]["workbook"])
    assert sum(Decimal(repr(row["Skuscribe cost (USD)"])) for row in rows) == cost
    for by in ("day", "model", "job", "template", "owner", "lane", "locale", "template,locale"):
        shown = skuscribe.json("costs", "--by", by)
        assert sum(Decimal(row["cost_usd"]) for row in shown["rows"]) == cost
        assert sum(row["items"] for row in shown["rows"]) == shown["total"]["items"] == 12
        assert sum(row["attempts"] for row in shown["rows"]) == shown["total"]["attempts"]
        for kind in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"):
            assert sum(row[kind] for row in shown["rows"]) == summary["usage"][kind] == shown["total"][kind]
    items = table_of(summary["outputs"]["report"], "Items")
    assert sum(row["attempts"] for row in items) == summary["requests"] == bedrock.counts.requests
    assert sum(row["input_tokens"] for row in items) == bedrock.counts.input_tokens
    assert len(table_of(summary["outputs"]["report"], "Attempts")) == bedrock.counts.requests


def test_other_sheets_and_formulas_come_back_untouched(skuscribe, bedrock, tmp_path):
    rows = [(*PRODUCTS[0], "Twice"), *((*row, f"=LEN(B{at})") for at, row in enumerate(PRODUCTS[1:], start=2))]
    source = xlsx_file(tmp_path / "p.xlsx", rows, Notes=[("keep", "=1+1")])
    summary = skuscribe.json("run", source, "--template", "image-alt-text", "--yes")
    book = load_workbook(summary["outputs"]["workbook"])
    assert book.sheetnames == ["Products", "Notes"]
    assert book["Notes"]["B1"].value == "=1+1"
    assert book["Products"]["E2"].value == "=LEN(B2)"
    assert bedrock.counts.requests == 3


def test_the_result_is_the_next_source_and_is_filled_in_place(skuscribe, bedrock, tmp_path):
    for ending, make in (("csv", csv_file), ("xlsx", xlsx_file)):
        source = make(tmp_path / f"range.{ending}")
        first = skuscribe.json("run", source, "--template", "seo-meta", "--yes")["outputs"]["workbook"]
        sent = bedrock.counts.requests
        second = skuscribe.json("run", first, "--template", "seo-meta", "--yes")
        assert second["items"]["reused"] == 3
        again = table_of(second["outputs"]["workbook"])
        before = table_of(first)
        assert list(again[0]) == list(before[0])
        assert [row["SEO title"] for row in again] == [row["SEO title"] for row in before]
        assert bedrock.counts.requests == sent
        third = skuscribe.json("run", first, "--template", "seo-meta", "--template", "image-alt-text", "--yes")
        headers = list(table_of(third["outputs"]["workbook"])[0])
        assert headers.count("SEO title") == 1
        assert "Image alt text" in headers


def test_a_column_of_the_users_own_is_filled_only_when_told(skuscribe, bedrock, tmp_path):
    rows = [(*PRODUCTS[0], "SEO title"), *((*row, "mine") for row in PRODUCTS[1:])]
    source = csv_file(tmp_path / "p.csv", rows)
    kept = skuscribe.json("run", source, "--template", "seo-meta", "--yes")
    assert [row["SEO title"] for row in table_of(kept["outputs"]["workbook"])] == ["mine"] * 3
    assert "SEO title (new)" in table_of(kept["outputs"]["workbook"])[0]
    filled = skuscribe.json("run", source, "--template", "seo-meta", "--yes", "--fill", "seo_title=SEO title")
    rows = table_of(filled["outputs"]["workbook"])
    assert all(row["SEO title"] not in ("", "mine") for row in rows)
    assert "SEO title (new)" not in rows[0]
    assert bedrock.counts.requests == 3


def test_locales_have_columns_of_their_own(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    summary = skuscribe.json(
        "run", source, "--template", "image-alt-text", "--locale", "de-DE", "--locale", "fr-FR", "--yes"
    )
    row = table_of(summary["outputs"]["workbook"])[0]
    assert row["Image alt text [de-DE]"] != row["Image alt text [fr-FR]"]
    assert "Image alt text" not in row
    assert bedrock.counts.requests == 6


def test_out_and_report_go_where_they_are_told_and_overwrite_nothing(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    told = ("run", source, "--template", "image-alt-text", "--yes", "--out", "new/folder/copy.csv")
    summary = skuscribe.json(*told, "--report", "figures.xlsx")
    assert Path(summary["outputs"]["workbook"]) == tmp_path / "new/folder/copy.csv"
    assert Path(summary["outputs"]["report"]) == tmp_path / "figures.xlsx"
    whole = (tmp_path / "new/folder/copy.csv").read_bytes()
    refused = skuscribe(*told, "--json")
    assert refused.code == 2
    assert "copy.csv" in refused.json["error"]["message"]
    assert (tmp_path / "new/folder/copy.csv").read_bytes() == whole
    assert skuscribe.json(*told, "--overwrite", "--report", "figures.xlsx")["items"]["reused"] == 3
    folder = skuscribe.json("run", source, "--template", "image-alt-text", "--yes", "--out", "somewhere")
    assert Path(folder["outputs"]["workbook"]) == tmp_path / "somewhere/p.csv"
    assert Path(folder["outputs"]["report"]) == tmp_path / "somewhere/p.report.xlsx"
    assert bedrock.counts.requests == 3


def test_rows_with_one_key_are_one_product(skuscribe, bedrock, tmp_path):
    rows = [
        ("Handle", "Title", "Colour", "Size"),
        ("kettle", "Enamel kettle", "red", "S"),
        ("kettle", "Enamel kettle", "blue", "M"),
        ("mug", "Stoneware mug", "blue", "M"),
    ]
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", rows), "--template", "image-alt-text", "--yes")
    assert summary["items"]["total"] == 2 == bedrock.counts.requests
    alts = [row["Image alt text"] for row in table_of(summary["outputs"]["workbook"])]
    assert alts[0]
    assert not alts[1]
    assert alts[2]


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_columns_of_other_templates_are_found_again_in_each_result(skuscribe, tmp_path, make):
    result = make(tmp_path / f"p.{make.__name__[:-5]}")
    seen = []
    templates = ("product-description", "seo-meta", "image-alt-text", "image-alt-text", "seo-meta")
    for template in templates:
        run = skuscribe.json("run", result, "--template", template, "--simulate", "--yes")
        result = run["outputs"]["workbook"]
        seen.append(list(table_of(result)[0]))
    assert not [header for header in seen[-1] if "(new" in header]
    assert len(seen[0]) < len(seen[1]) < len(seen[2])
    assert seen[2] == seen[3] == seen[4]


def test_columns_of_other_locales_are_found_again(skuscribe, tmp_path):
    result = csv_file(tmp_path / "p.csv")
    for locale in ("de-DE", "fr-FR", "es-ES", "es-ES", "de-DE"):
        run = skuscribe.json("run", result, "--template", "image-alt-text", "--locale", locale, "--simulate", "--yes")
        result = run["outputs"]["workbook"]
    headers = [header for header in table_of(result)[0] if header.startswith("Image alt text")]
    assert headers == [f"Image alt text [{locale}]" for locale in ("de-DE", "fr-FR", "es-ES")]


def test_a_simulated_run_says_so_everywhere(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    summary = skuscribe.json("run", source, "--template", "image-alt-text", "--simulate")
    assert summary["simulated"]
    assert Decimal(summary["cost_usd"]) == money_of(summary["outputs"]["report"])
    row = table_of(summary["outputs"]["workbook"])[0]
    assert row["Skuscribe status"] == "simulated: done"
    assert skuscribe.json("costs")["total"]["items"] == 0
    assert skuscribe.json("costs", "--simulated")["total"]["cost_usd"] == summary["cost_usd"]
    assert skuscribe.json("costs", "--simulated")["realm"] == "simulated"
    assert bedrock.counts.requests == 0
    real = skuscribe.json("run", source, "--template", "image-alt-text", "--yes")
    assert real["items"]["done"] == 3 == bedrock.counts.requests
    assert skuscribe.json("costs")["total"]["cost_usd"] == real["cost_usd"]


def test_a_sheet_without_products_gives_no_items_and_says_so(skuscribe, bedrock, tmp_path):
    source = tmp_path / "template.csv"
    source.write_text("SKU,Title\n", encoding="utf-8")
    spoken = skuscribe("run", source, "--template", "seo-meta", "--yes")
    assert spoken.code == 0
    assert "no product" in spoken.err
    assert bedrock.counts.requests == 0


def test_an_endpoint_out_of_reach_is_told_after_three_tries(skuscribe, bedrock, tmp_path, monkeypatch):
    assert bedrock.endpoint
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    source = csv_file(tmp_path / "p.csv")
    error = skuscribe.json("run", source, "--template", "seo-meta", "--yes", code=5)["error"]
    assert error["fix"]
    assert skuscribe.json("jobs")["jobs"][0]["requests"] == 3
