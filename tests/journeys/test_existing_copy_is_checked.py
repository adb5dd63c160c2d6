"""`skuscribe audit`: what is there already, against the platforms' limits; nothing is sent, no job is left."""

from __future__ import annotations

import pytest
from command_line import csv_file, table_of, xlsx_file

pytestmark = pytest.mark.servers

SHOPIFY = (
    ("Handle", "Title", "Option1 Name", "SEO Title", "SEO Description"),
    ("kettle", "Kettle", "Colour", "x" * 75, "A kettle."),
    ("kettle", "", "", "", ""),
    ("mug", "Mug", "", "x" * 65, "A kettle."),
    ("pan", "Pan", "", "", "y" * 161),
)
KEYS = {
    "source", "format", "sheet", "header_row", "columns", "rows", "products", "platform", "notes", "checks", "findings",
    "findings_total",
}  # fmt: skip


def test_what_breaks_a_limit_is_named_with_row_and_column(skuscribe, bedrock, tmp_path):
    source = xlsx_file(tmp_path / "shop.xlsx", SHOPIFY)
    found = skuscribe.json("audit", source)
    assert set(found) == KEYS
    assert (found["format"], found["sheet"], found["header_row"]) == ("xlsx", "Products", 1)
    assert (found["rows"], found["products"], found["platform"]) == (4, 3, "shopify")
    title = next(check for check in found["checks"] if check["column"] == "SEO Title")
    assert (title["preset"], title["checked"], title["empty"]) == ("shopify-seo-title", 2, 1)
    assert (title["over_limit"], title["over_advised"]) == (1, 1)
    said = {(finding["row"], finding["column"], finding["rule"]) for finding in found["findings"]}
    assert said == {
        (2, "SEO Title", "too_long"),
        (4, "SEO Title", "long"),
        (5, "SEO Title", "empty"),
        (5, "SEO Description", "too_long"),
        (2, "SEO Description", "same_text"),
    }
    assert found["findings_total"] == 5
    assert bedrock.counts.requests == 0
    assert skuscribe.json("jobs") == {"jobs": []}


def test_a_person_reads_a_table_and_the_first_findings(skuscribe, tmp_path):
    outcome = skuscribe("audit", csv_file(tmp_path / "shop.csv", SHOPIFY), "--report", tmp_path / "found.csv")
    assert outcome.code == 0
    assert "4 rows, 3 products" in outcome.out
    assert 'row 2: "SEO Title" has 75 characters, at most 70' in outcome.out
    assert "5 findings:" in outcome.out
    rows = table_of(tmp_path / "found.csv")
    assert len(rows) == 5
    assert rows[0]["text"] == "x" * 75


def test_a_sheet_without_any_column_that_a_limit_is_known_for_ends_well(skuscribe, tmp_path):
    source = csv_file(tmp_path / "stock.csv", [("EAN", "Price"), ("1", "2")])
    outcome = skuscribe("audit", source)
    assert outcome.code == 0
    assert 'The columns are: "EAN", "Price".' in outcome.out
    assert skuscribe.json("audit", source)["checks"] == []


def test_a_column_is_checked_as_told_and_by_a_template(skuscribe, tmp_path):
    source = csv_file(tmp_path / "p.csv", [("SKU", "Zeile", "SEO title"), ("1", "x" * 281, "short")])
    found = skuscribe.json("audit", source, "--check", "x-post=Zeile", "--template", "seo-meta")
    assert [(check["column"], check["preset"]) for check in found["checks"]] == [
        ("Zeile", "x-post"),
        ("SEO title", "seo-meta.seo_title"),
    ]
    assert [finding["rule"] for finding in found["findings"]] == ["too_long", "too_short"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.csv",), "nowhere.csv"),
        (("p.csv", "--check", "nothing=Title"), 'no limit or field "nothing"'),
        (("p.csv", "--check", "seo-title"), "FIELD=COLUMN"),
        (("p.csv", "--template", "nothing"), "no such template"),
        (("p.csv", "--key", "Nothing"), "no column"),
        (("p.csv", "--report", "found.pdf"), ".csv or .xlsx"),
        (("p.csv", "--platform", "ebay"), "ebay"),
    ],
)
def test_bad_input_is_told_in_a_sentence(skuscribe, tmp_path, arguments, said):
    csv_file(tmp_path / "p.csv")
    outcome = skuscribe("audit", *arguments, "--json")
    assert outcome.code == 2
    assert said in outcome.json["error"]["message"]
