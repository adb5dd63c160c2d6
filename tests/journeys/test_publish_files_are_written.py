"""`--publish`: the small file that a shop or a marketplace imports, beside the workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import csv_file, table_of

pytestmark = pytest.mark.servers

SHOPIFY = (
    ("Handle", "Title", "Body (HTML)", "Option1 Name", "Option1 Value"),
    ("enamel-kettle", "Enamel kettle", "Old", "Colour", "red"),
    ("enamel-kettle", "", "", "", "blue"),
    ("stoneware-mug", "@home Stoneware mug", "Old", "", ""),
)
RUN = ("--template", "product-description", "--simulate", "--publish", "shopify")


def test_a_shop_s_update_file_stands_beside_the_workbook(skuscribe, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    summary = skuscribe.json("run", source, *RUN, "--out", tmp_path / "out", code=0)
    path = tmp_path / "out" / "shop.shopify.csv"
    assert summary["outputs"]["publish"] == {"shopify": str(path)}
    rows = table_of(path)
    assert [(row["Handle"], row["Title"]) for row in rows] == [
        ("enamel-kettle", "Enamel kettle"),
        ("stoneware-mug", "@home Stoneware mug"),
    ]
    assert all(row["Body (HTML)"].startswith("<p>") for row in rows)
    assert list(rows[0]) == ["Handle", "Title", "Body (HTML)"]
    assert skuscribe.json("status", summary["job"])["outputs"]["publish"] == {"shopify": str(path)}


def test_a_job_without_publish_files_speaks_of_none(skuscribe, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    summary = skuscribe.json("run", source, "--template", "product-description", "--simulate")
    assert set(summary["outputs"]) == {"workbook", "report"}


def test_people_are_told_what_it_holds_and_that_simulated_copy_is_not_for_a_shop(skuscribe, tmp_path):
    outcome = skuscribe("run", csv_file(tmp_path / "shop.csv", SHOPIFY), *RUN)
    assert outcome.code == 0
    assert "Shopify: 2 rows in shop.shopify.csv." in outcome.err
    assert "do not import it into a real shop" in outcome.err


def test_people_are_told_how_to_import_copy_of_a_real_model(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    outcome = skuscribe("run", source, "--template", "image-alt-text", "--template", "seo-meta", *RUN[3:], "--yes")
    assert "Overwrite products with matching handles" in outcome.err
    assert bedrock.counts.requests > 0


def test_nothing_approved_gives_a_file_with_nothing(skuscribe, tmp_path):
    outcome = skuscribe("run", csv_file(tmp_path / "shop.csv", SHOPIFY), *RUN, "--publish-rows", "approved", "--json")
    assert table_of(outcome.json["outputs"]["publish"]["shopify"]) == []
    assert "0 rows (left out: 2 done)" in outcome.err


def test_a_finished_job_is_published_later_by_resume(skuscribe, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    job = skuscribe.json("run", source, "--template", "product-description", "--simulate")["job"]
    summary = skuscribe.json("resume", job, "--publish", "shopify")
    assert len(table_of(summary["outputs"]["publish"]["shopify"])) == 2
    refused = skuscribe("resume", job, "--publish", "amazon", "--json")
    assert refused.code == 2
    assert refused.json["error"]["code"] == "publish"
    assert set(skuscribe.json("status", job)["outputs"]["publish"]) == {"shopify"}


def test_publishing_later_replaces_no_file_of_somebody_s(skuscribe, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    arguments = ("--template", "product-description", "--simulate", "--out", tmp_path / "out")
    job = skuscribe.json("run", source, *arguments)["job"]
    (tmp_path / "out" / "shop.shopify.csv").write_text("mine", encoding="utf-8")
    assert skuscribe("resume", job, "--publish", "shopify").code == 2
    assert (tmp_path / "out" / "shop.shopify.csv").read_text(encoding="utf-8") == "mine"


def test_a_job_file_may_ask_for_it(skuscribe, tmp_path):
    spec = tmp_path / "job.toml"
    spec.write_text('template = "product-description"\nsimulate = true\npublish = ["shopify"]\n', encoding="utf-8")
    summary = skuscribe.json("run", csv_file(tmp_path / "shop.csv", SHOPIFY), "--job", spec)
    assert Path(summary["outputs"]["publish"]["shopify"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--template", "product-description", "--publish", "amazon"), 'no column "item_sku"'),
        (("--template", "email-subject", "--publish", "shopify"), "a role that it takes"),
        (("--template", "seo-meta", "--publish", "shopify", "--locale", "de", "--locale", "fr"), "one language"),
        (("--template", "seo-meta", "--publish", "ebay"), "ebay"),
    ],
)
def test_what_cannot_be_published_costs_nothing(skuscribe, bedrock, tmp_path, arguments, said):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    outcome = skuscribe("run", source, *arguments, "--yes", "--json")
    assert outcome.code == 2
    assert said in outcome.json["error"]["message"]
    assert bedrock.counts.requests == 0
    assert skuscribe.json("jobs") == {"jobs": []}


def test_a_publish_file_that_is_there_is_not_replaced_unasked(skuscribe, tmp_path):
    source = csv_file(tmp_path / "shop.csv", SHOPIFY)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "shop.shopify.csv").write_text("mine", encoding="utf-8")
    outcome = skuscribe("run", source, *RUN, "--out", tmp_path / "out", "--json")
    assert outcome.code == 2
    assert (tmp_path / "out" / "shop.shopify.csv").read_text(encoding="utf-8") == "mine"
