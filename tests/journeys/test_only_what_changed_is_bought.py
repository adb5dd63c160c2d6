from __future__ import annotations

import pytest
from command_line import PRODUCTS, csv_file, table_of

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes")


def _changed(tmp_path, *changes):
    rows = [list(row) for row in PRODUCTS]
    for line, column, value in changes:
        rows[line][column] = value
    return csv_file(tmp_path / "p.csv", rows)


def test_a_second_run_of_an_unchanged_file_sends_nothing(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    first = skuscribe.json("run", source, *RUN)
    asked = sum(bedrock.counts.others.values())
    second = skuscribe.json("run", source, *RUN)
    assert second["state"] == "done"
    assert second["items"]["reused"] == 3
    assert second["cost_usd"] == "0"
    assert second["lanes"] == {}
    assert bedrock.counts.requests == 3
    assert sum(bedrock.counts.others.values()) == asked
    texts = [[row["Image alt text"] for row in table_of(one["outputs"]["workbook"])] for one in (first, second)]
    assert texts[0] == texts[1]
    assert {row["Skuscribe status"] for row in table_of(second["outputs"]["workbook"])} == {"reused"}


def test_a_changed_product_buys_one_and_an_unused_column_none(skuscribe, bedrock, tmp_path):
    skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN)
    moved = skuscribe.json("run", _changed(tmp_path, (1, 3, "Z9")), *RUN)
    assert moved["items"]["reused"] == 3
    dyed = skuscribe.json("run", _changed(tmp_path, (2, 2, "green")), *RUN)
    assert (dyed["items"]["reused"], dyed["items"]["done"]) == (2, 1)
    assert bedrock.counts.requests == 4
    assert "green" in bedrock.counts.prompts[-1]


def test_white_space_is_no_change_and_a_new_row_is_bought_alone(skuscribe, bedrock, tmp_path):
    skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN)
    source = _changed(tmp_path, (1, 1, " Enamel  kettle "))
    with source.open("a", encoding="utf-8") as file:
        file.write("00126,Oak board,brown,B9\r\n")
    summary = skuscribe.json("run", source, *RUN)
    assert (summary["items"]["reused"], summary["items"]["done"]) == (3, 1)
    assert bedrock.counts.requests == 4


def test_a_preview_streams_and_the_run_reuses_what_it_bought(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    shown = skuscribe("preview", source, "--template", "image-alt-text", "--rows", "2")
    assert shown.code == 0
    assert "alt_text: " in shown.out
    assert bedrock.counts.requests == 2
    summary = skuscribe.json("run", source, *RUN)
    assert (summary["items"]["reused"], summary["items"]["done"]) == (2, 1)
    assert bedrock.counts.requests == 3


def test_a_preview_shows_several_models_side_by_side(skuscribe, bedrock, tmp_path):
    models = ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0")
    asked = [word for model in models for word in ("--model", model)]
    shown = skuscribe.json("preview", csv_file(tmp_path / "p.csv"), "--template", "seo-meta", "--rows", "3-4", *asked)
    assert bedrock.counts.models == dict.fromkeys(models, 2)
    assert {(product["row"], product["model"]) for product in shown["products"]} == {
        (row, model) for row in (3, 4) for model in models
    }
    assert all(product["copy"]["seo_title"] for product in shown["products"])


def test_only_empty_writes_the_rows_without_copy(skuscribe, bedrock, tmp_path):
    first = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN)["outputs"]["workbook"]
    table = table_of(first)
    table[1]["Image alt text"] = ""
    source = csv_file(tmp_path / "q.csv", [list(table[0]), *(list(row.values()) for row in table)])
    summary = skuscribe.json("run", source, *RUN, "--only", "empty", "--fresh")
    assert summary["items"]["total"] == 1
    assert bedrock.counts.requests == 4
    assert "mug" in bedrock.counts.prompts[-1]
    rows = table_of(summary["outputs"]["workbook"])
    assert rows[0]["Image alt text"] == table[0]["Image alt text"]
    assert rows[1]["Image alt text"]


def test_only_empty_leaves_the_users_text_and_buys_nothing_for_full_rows(skuscribe, tmp_path):
    rows = (("SKU", "Title", "SEO title"), ("a", "Tent", "mine"), ("b", "Stove", ""))
    source = csv_file(tmp_path / "p.csv", rows)
    run = ("--template", "seo-meta", "--fill", "SEO title=SEO title", "--only", "empty", "--simulate", "--yes")
    first = skuscribe.json("run", source, *run)["outputs"]["workbook"]
    tent, stove = table_of(first)
    assert tent["SEO title"] == "mine"
    assert tent["Meta description"]
    assert stove["SEO title"]
    assert stove["Meta description"]
    again = skuscribe.json("run", first, *run, "--fresh")
    assert again["items"]["total"] == 0
    assert table_of(again["outputs"]["workbook"]) == table_of(first)


def test_only_stale_takes_a_product_whose_copy_was_reused(skuscribe, bedrock, tmp_path):
    rows = [PRODUCTS[0], *((f"0{at}", "Enamel kettle", "red", "A1") for at in range(3))]
    source = csv_file(tmp_path / "p.csv", rows)
    skuscribe.json("run", source, *RUN)
    skuscribe.json("run", source, *RUN)
    rows[2] = ("01", "Enamel kettle", "green", "A1")
    stale = skuscribe.json("run", csv_file(source, rows), *RUN, "--only", "stale")
    assert stale["items"]["total"] == stale["items"]["done"] == 1
    assert "green" in bedrock.counts.prompts[-1]


def test_only_failed_and_only_stale_choose_what_they_say(skuscribe, bedrock, tmp_path):
    bedrock.plan = lambda text, _: "refused" if "mug" in text else None
    source = csv_file(tmp_path / "p.csv")
    first = skuscribe.json("run", source, *RUN, code=3)
    assert (first["items"]["done"], first["items"]["failed"]) == (2, 1)
    bedrock.plan = None
    again = skuscribe.json("run", source, *RUN, "--only", "failed")
    assert again["items"] | {"total": 1, "done": 1} == again["items"]
    assert bedrock.counts.requests == 4
    stale = skuscribe.json("run", _changed(tmp_path, (3, 2, "grey")), *RUN, "--only", "stale")
    assert stale["items"]["total"] == stale["items"]["done"] == 1
    assert "grey" in bedrock.counts.prompts[-1]
    nothing = skuscribe.json("run", source, *RUN, "--only", "stale")
    assert nothing["items"]["total"] == 0
    assert nothing["state"] == "done"


def test_fresh_buys_again(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    skuscribe.json("run", source, *RUN)
    assert skuscribe.json("run", source, *RUN, "--fresh")["items"]["done"] == 3
    assert bedrock.counts.requests == 6


def test_another_model_template_brand_or_locale_is_a_change(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    (tmp_path / "brand.toml").write_text('voice = "Dry and short."\nbanned_words = ["cosy"]\n', encoding="utf-8")
    skuscribe.json("run", source, *RUN)
    for at, more in enumerate((("--model", "amazon.nova-pro-v1:0"), ("--brand", "brand.toml"), ("--locale", "de-DE"))):
        assert skuscribe.json("run", source, *RUN, *more)["items"]["done"] == 3, more
        assert bedrock.counts.requests == 6 + 3 * at
    # A profile of the same base model, a cap and a lane's settings are none.
    for more in (("--model", "us.amazon.nova-lite-v1:0"), ("--budget", "5"), ("--rpm", "600")):
        assert skuscribe.json("run", source, *RUN, *more)["items"]["reused"] == 3, more


def test_equal_products_are_bought_once(skuscribe, bedrock, tmp_path):
    rows = [PRODUCTS[0], *((f"0{at}", "Enamel kettle", "red", "A1") for at in range(4))]
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", rows), *RUN)
    assert bedrock.counts.requests == 1
    assert summary["state"] == "done"
    texts = {row["Image alt text"] for row in table_of(summary["outputs"]["workbook"])}
    assert len(texts) == 1
    assert "" not in texts
