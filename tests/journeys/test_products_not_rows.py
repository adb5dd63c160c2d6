from __future__ import annotations

from decimal import Decimal

import pytest
from command_line import csv_file, table_of, xlsx_file
from platform_sheets import EXPORTS, GOOGLE, SHOPIFY

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--simulate", "--yes")
COPY, STATUS, COST = "Image alt text", "Skuscribe status", "Skuscribe cost (USD)"


def _shop():
    """20 products in 41 rows: one has 12 variants, ten have a second picture."""
    rows = [("tee", "Linen tee", "<p>Light.</p>", "Acme", "Size", "S", "Color", "Red")]
    rows += [("tee", "", "", "", "", size, "", "Blue") for size in "ABCDEFGHIJK"]
    for at in range(1, 20):
        rows.append((f"cup-{at}", f"Stone cup no. {at}", "<p>Solid.</p>", "Acme", "Title", "Default Title", "", ""))
        if at <= 10:
            rows.append((f"cup-{at}", "", "", "", "", "", "", ""))
    return (SHOPIFY[0], *rows)


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_shopify_export_of_41_rows_is_20_products_with_copy_on_their_first_rows(skuscribe, tmp_path, make):
    ending = "csv" if make is csv_file else "xlsx"
    lines = _shop()
    assert len(lines) - 1 == 41
    shown = skuscribe("run", make(tmp_path / f"shop.{ending}", lines), *RUN, "--out", tmp_path / f"out.{ending}")
    assert shown.code == 0
    assert 'products ← Shopify: rows with one "Handle" are one product, copy on its first row' in shown.err
    rows = table_of(tmp_path / f"out.{ending}")
    first = [row for row in rows if row["Title"]]
    others = [row for row in rows if not row["Title"]]
    assert (len(first), len(others)) == (20, 21)
    assert all(row[COPY] and row[STATUS] == "simulated: done" for row in first)
    assert all(not value for row in others for name, value in row.items() if name == COPY or "Skuscribe" in name)


def test_every_item_of_a_google_group_gets_the_copy_and_one_bears_the_cost(skuscribe, tmp_path):
    summary = skuscribe.json("run", csv_file(tmp_path / "feed.csv", GOOGLE), *RUN)
    assert summary["items"]["total"] == 2
    rows = table_of(summary["outputs"]["workbook"])
    copy = [row[COPY] for row in rows]
    assert all(copy)
    assert copy[0] == copy[1] == copy[3] != copy[2]
    assert [bool(row[STATUS]) for row in rows] == [True, False, True, False]
    assert [bool(row[COST]) for row in rows] == [True, False, True, False]
    assert sum(Decimal(row[COST]) for row in rows if row[COST]) == Decimal(summary["cost_usd"])


def test_the_prompt_has_what_the_variants_share_and_all_that_they_differ_in(skuscribe, bedrock, tmp_path):
    skuscribe.json("run", csv_file(tmp_path / "feed.csv", GOOGLE), "--template", "seo-meta", "--yes")
    [prompt] = [text for text in bedrock.counts.prompts if "Light." in text]
    assert "Title: Linen tee\n" in prompt
    assert "Red, Blue" in prompt
    assert "S, M" in prompt


@pytest.mark.parametrize("export", EXPORTS)
def test_an_unchanged_export_buys_nothing_again(skuscribe, tmp_path, export):
    source = csv_file(tmp_path / "export.csv", EXPORTS[export])
    first = skuscribe.json("run", source, *RUN)
    assert first["items"]["done"] == first["items"]["total"] > 1
    again = skuscribe.json("run", first["outputs"]["workbook"], *RUN, "--catalogue", "export")
    for second in (skuscribe.json("run", source, *RUN), again):
        assert second["items"]["reused"] == second["items"]["total"] == first["items"]["total"]
        assert (second["cost_usd"], second["requests"]) == ("0", 0)


@pytest.mark.parametrize("export", EXPORTS)
def test_only_empty_knows_a_product_by_its_lead_row(skuscribe, tmp_path, export):
    source = csv_file(tmp_path / "export.csv", EXPORTS[export])
    written = skuscribe.json("run", source, *RUN)["outputs"]["workbook"]
    left = skuscribe.json("run", written, *RUN, "--only", "empty", "--catalogue", "other")
    assert left["items"]["total"] == 0
    rows = table_of(written)
    lead = max(at for at, row in enumerate(rows) if row[STATUS])
    rows[lead][COPY] = ""
    mended = csv_file(tmp_path / "mended.csv", [list(rows[0]), *(list(row.values()) for row in rows)])
    assert skuscribe.json("run", mended, *RUN, "--only", "empty")["items"]["total"] == 1
