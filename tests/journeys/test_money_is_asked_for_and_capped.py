from __future__ import annotations

import os
import pty
from decimal import Decimal

import pytest
from command_line import PRODUCTS, SUMMARY_KEYS, csv_file, ended, many, money_of, start, table_of

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text")


def test_an_estimate_sends_nothing_and_leaves_no_job(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    told = skuscribe.json("estimate", source, *RUN, "--locale", "de-DE", "--locale", "fr-FR")
    assert set(told) >= SUMMARY_KEYS | {"estimate_low_usd", "estimate_high_usd"}
    assert told["state"] == "planned"
    assert told["items"]["total"] == told["items"]["pending"] == 6
    assert told["cost_usd"] is None
    low, usd, high = (Decimal(told[name]) for name in ("estimate_low_usd", "estimate_usd", "estimate_high_usd"))
    assert 0 < low <= usd <= high
    assert told["outputs"] == {"workbook": None, "report": None}
    assert bedrock.counts.requests == 0
    assert not bedrock.counts.others
    assert skuscribe.json("jobs") == {"jobs": []}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "p.csv"]
    # The estimate knows what is there already.
    skuscribe.json("run", source, *RUN, "--locale", "de-DE", "--yes")
    again = skuscribe.json("estimate", source, *RUN, "--locale", "de-DE", "--locale", "fr-FR")
    assert (again["items"]["reused"], again["items"]["pending"]) == (3, 3)
    assert "on-demand" in skuscribe("estimate", source, *RUN).out


def test_the_cost_of_a_run_lies_within_its_estimate(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv", many(30))
    told = skuscribe.json("estimate", source, "--template", "seo-meta")
    summary = skuscribe.json("run", source, "--template", "seo-meta", "--yes")
    assert summary["estimate_usd"] == told["estimate_usd"]
    # The stand-in counts four characters a token and writes short copy: near the low end, not below half of it.
    assert Decimal(told["estimate_low_usd"]) / 2 < Decimal(summary["cost_usd"]) <= Decimal(told["estimate_high_usd"])
    assert bedrock.counts.requests == 30


def test_a_run_without_a_terminal_needs_yes_or_a_budget(bedrock, tmp_path):
    csv_file(tmp_path / "p.csv")
    refused = ended(start("run", "p.csv", *RUN, "--json"))
    assert refused.code == 2
    assert refused.json["error"]["fix"]
    assert bedrock.counts.requests == 0
    assert ended(start("run", "p.csv", *RUN, "--json", "--budget", "1")).json["items"]["done"] == 3


def _answered(arguments, answer):
    """Run the command with a terminal at its stdin, and answer its question."""
    ours, theirs = pty.openpty()
    try:
        process = start(*arguments, stdin=theirs)
        os.write(ours, answer)
        return ended(process)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_person_is_asked_before_money_is_spent(skuscribe, bedrock, tmp_path):
    csv_file(tmp_path / "p.csv")
    for answer in (b"n\n", b"\n", b"\x04"):
        refused = _answered(("run", "p.csv", *RUN), answer)
        assert refused.code == 130, refused
        assert "$" in refused.err
    assert bedrock.counts.requests == 0
    assert skuscribe.json("jobs") == {"jobs": []}
    assert not (tmp_path / "outputs").exists()
    agreed = _answered(("run", "p.csv", *RUN, "--json"), b"y\n")
    assert agreed.code == 0
    assert agreed.json["items"]["done"] == 3


def test_a_budget_is_never_exceeded_and_resume_with_more_finishes(skuscribe, bedrock, tmp_path):
    bedrock.latency_s = 0.01
    bedrock.usage = {"inputTokens": 700, "outputTokens": 40}
    source = csv_file(tmp_path / "p.csv", many(60))
    # 700 × $0.06 and 40 × $0.24 a million tokens: $0.0000516 each.
    summary = skuscribe.json("run", source, *RUN, "--budget", "0.001", "--concurrency", "64", code=4)
    assert (summary["state"], summary["stop_reason"]) == ("stopped", "cap")
    assert Decimal(summary["cost_usd"]) == Decimal("0.0000516") * bedrock.counts.requests <= Decimal("0.001")
    done = summary["items"]["done"]
    assert 0 < done < 60
    assert summary["items"]["pending"] == 60 - done
    rows = table_of(summary["outputs"]["workbook"])
    assert sum(bool(row["Image alt text"]) for row in rows) == done
    assert {row["Skuscribe status"] for row in rows} == {"done", "pending"}
    assert money_of(summary["outputs"]["report"]) == Decimal(summary["cost_usd"])
    more = skuscribe.json("resume", summary["job"], "--budget", "1")
    assert (more["state"], more["items"]["done"], more["items"]["pending"]) == ("done", 60, 0)
    assert Decimal(more["cost_usd"]) == Decimal("0.0000516") * 60 == money_of(more["outputs"]["report"])
    assert more["outputs"] == summary["outputs"]
    assert bedrock.counts.requests == 60
    assert max(bedrock.counts.answers.values()) == 1


def test_a_budget_too_small_for_one_request_sends_none(skuscribe, bedrock, tmp_path):
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN, "--budget", "0.0000001", code=4)
    assert summary["stop_reason"] == "cap"
    assert bedrock.counts.requests == 0
    assert summary["cost_usd"] == "0"


def test_a_model_without_a_price_is_unpriced_and_never_free(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    told = skuscribe.json("estimate", source, *RUN, "--model", "acme.unheard-of-v1:0")
    assert told["estimate_usd"] is told["estimate_low_usd"] is None
    summary = skuscribe.json("run", source, *RUN, "--model", "acme.unheard-of-v1:0", "--yes")
    assert summary["cost_usd"] is None
    assert summary["unpriced_items"] == 3
    assert summary["usage"]["input_tokens"] == bedrock.counts.input_tokens
    total = skuscribe.json("costs")["total"]
    assert (total["cost_usd"], total["unpriced_items"]) == (None, 3)
    assert "unpriced" in skuscribe("costs").out
    assert {row["cost_usd"] for row in table_of(summary["outputs"]["report"], "Items")} == {""}


def test_a_budget_for_a_model_without_a_price_is_refused_on_resume_and_retry_too(skuscribe, bedrock, tmp_path):
    bedrock.plan = lambda text, _: "refused" if "mug" in text else None
    asked = (*RUN, "--model", "acme.unheard-of-v1:0", "--yes")
    job = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *asked, code=3)["job"]
    before = skuscribe.json("status", job)
    for command in ("resume", "retry"):
        refused = skuscribe(command, job, "--budget", "5", "--json")
        assert (refused.code, refused.json["error"]["code"]) == (2, "unpriced")
    assert skuscribe.json("status", job) == before
    assert bedrock.counts.requests == 3


def test_own_prices_price_what_the_book_lacks(skuscribe, bedrock, tmp_path, monkeypatch):
    columns = skuscribe.json("prices", "--model", "amazon.nova-lite-v1:0", "--region", "us-east-1")["prices"][0]
    assert set(columns) == {
        "model", "region", "scope", "lane", "kind", "context_above_tokens", "usd_per_million", "effective_from",
        "source",
    }  # fmt: skip
    bedrock.usage = {"inputTokens": 1000, "outputTokens": 10}
    rows = ["model,region,scope,lane,kind,context_above_tokens,usd_per_million,effective_from,source"]
    rows += [
        f"acme.unheard-of-v1:0,us-east-1,in-region,on-demand,{kind},0,{usd},2026-01-01,our contract"
        for kind, usd in (("input", "2"), ("output", "10"))
    ]
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setenv("SKUSCRIBE_PRICES", str(tmp_path / "own.csv"))
    source = csv_file(tmp_path / "p.csv", PRODUCTS)
    summary = skuscribe.json("run", source, *RUN, "--model", "acme.unheard-of-v1:0", "--budget", "1")
    assert summary["cost_usd"] == "0.0063"


def test_a_reply_that_hides_its_tokens_is_unpriced(skuscribe, bedrock, tmp_path):
    bedrock.always = "no_usage"
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN, "--yes")
    assert summary["items"]["done"] == summary["unpriced_items"] == 3
    assert summary["cost_usd"] is None
