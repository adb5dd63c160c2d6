from __future__ import annotations

from decimal import Decimal

import pytest
from batch_commands import MOST, RUN, assert_accounts, assert_done
from command_line import csv_file, many
from openpyxl import load_workbook

pytestmark = pytest.mark.servers


@pytest.fixture
def usual_limits(batches, monkeypatch):
    """The limits that Bedrock has by default."""
    for name in ("LEAST", "MOST"):
        monkeypatch.delenv(f"SKUSCRIBE_BATCH_{name}_RECORDS")
    batches.behave(batch_least_records=100, batch_most_records=100_000)


def why_in_report(summary):
    said = {row[0]: row[1] for row in load_workbook(summary["outputs"]["report"])["Summary"].values}
    return said["Lane"], said["Why this lane"]


@pytest.mark.usefixtures("usual_limits")
@pytest.mark.parametrize(("model", "lane"), [("amazon.nova-lite-v1:0", "on-demand"), ("amazon.nova-pro-v1:0", "flex")])
def test_fewer_items_than_a_batch_job_takes_go_another_way_and_the_reason_is_told(
    skuscribe, batches, tmp_path, model, lane
):
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(99)), *RUN, "--model", model, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["lanes"] == {lane: 99}
    why = outcome.json["lane"]["why"]
    assert why.startswith("Batch jobs take at least 100 records; 99 are to be written: they go ")
    assert why[1:] in outcome.err
    assert why_in_report(outcome.json) == (lane, why)
    assert batches.gate.came["CreateModelInvocationJob"] == 0
    assert batches.objects() == []


@pytest.mark.usefixtures("usual_limits")
def test_auto_takes_batch_where_the_deadline_allows_it_and_says_what_it_saves(skuscribe, batches, tmp_path):
    asked = ("--template", "image-alt-text", "--lane", "auto")
    source = csv_file(tmp_path / "p.csv", many(120))
    told = skuscribe("estimate", source, *asked, "--deadline", "6h", "--json")
    choice = told.json["lane"]
    assert (choice["chosen"], told.json["lanes"]) == ("batch", {"batch": 120})
    assert Decimal(choice["saving_usd"]) == Decimal(choice["usd"]["on-demand"]) / 2 == Decimal(choice["usd"]["batch"])
    assert "instead of" in choice["why"]
    assert "results within the deadline of 6 h" in choice["why"]
    assert choice["why"][1:] in skuscribe("estimate", source, *asked, "--deadline", "6h").out
    soon = skuscribe.json("estimate", source, *asked, "--deadline", "1h")["lane"]
    assert soon["chosen"] == "on-demand"
    assert "longer than the deadline of 60 min" in soon["ruled_out"]["batch"]
    assert batches.gate.came["CreateModelInvocationJob"] == 0
    outcome = skuscribe("run", source, *asked, "--deadline", "6h", "--yes", "--json")
    assert outcome.json["lane"] == choice
    assert f"Lane batch: {choice['why'][:1].lower()}{choice['why'][1:]}" in outcome.err
    assert why_in_report(outcome.json) == ("batch", choice["why"])
    assert Decimal(outcome.json["saved_usd"]) == Decimal(outcome.json["cost_usd"])
    assert_done(batches, outcome.json, 120)


@pytest.mark.usefixtures("usual_limits")
def test_auto_does_not_wait_for_batch_jobs_to_save_cents(skuscribe, batches, tmp_path):
    source = csv_file(tmp_path / "p.csv", many(120))
    told = skuscribe.json("estimate", source, "--template", "image-alt-text", "--lane", "auto")["lane"]
    assert told["chosen"] == "on-demand"
    assert "less than $1" in told["ruled_out"]["batch"]
    assert batches.gate.came["CreateModelInvocationJob"] == 0


#: What 120 items cost: $0.0031 in batch jobs. A record reserves five times as much as it costs.
STEPWISE_USD, TOO_LITTLE_USD = Decimal("0.005"), Decimal("0.003")


def test_a_budget_below_what_all_need_at_once_is_used_step_by_step(skuscribe, batches, tmp_path):
    used = []

    def look():
        [(spent, held)] = batches.store.ask("SELECT spent_pico, held_pico FROM jobs")
        used.append(Decimal(spent + held).scaleb(-12))

    batches.gate.each("GetModelInvocationJob", look)
    source = csv_file(tmp_path / "p.csv", many(3 * MOST))
    outcome = skuscribe("run", source, *RUN, "--budget", STEPWISE_USD, "--json")
    assert outcome.code == 0, outcome.err
    assert "items waited for the budget: they go into batch jobs again." in outcome.err
    assert STEPWISE_USD / 2 < max(used) <= STEPWISE_USD
    assert Decimal(outcome.json["cost_usd"]) <= STEPWISE_USD
    assert_done(batches, outcome.json, 3 * MOST)


def test_a_budget_below_the_cost_is_not_exceeded_and_more_of_it_goes_on(skuscribe, batches, tmp_path):
    source, items = csv_file(tmp_path / "p.csv", many(3 * MOST)), 3 * MOST
    outcome = skuscribe("run", source, *RUN, "--budget", TOO_LITTLE_USD, "--json")
    stopped = outcome.json
    assert (outcome.code, stopped["state"], stopped["stop_reason"]) == (4, "stopped", "cap")
    assert 0 < stopped["items"]["done"] < items
    cost = assert_accounts(batches, stopped["job"])
    assert Decimal(stopped["cost_usd"]) == cost <= TOO_LITTLE_USD
    assert_done(batches, skuscribe.json("resume", stopped["job"], "--budget", "1"), items)


def test_clean_removes_what_a_finished_job_left_and_nothing_else(skuscribe, batches, tmp_path):
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", many(2 * MOST)), *RUN)
    listed = skuscribe.json("batch", "list")["shards"]
    assert [(shard["job"], shard["state"], shard["status"]) for shard in listed] == [
        (summary["job"], "closed", "Completed")
    ] * 2
    assert [shard["arn"] for shard in listed] == [job["jobArn"] for job in batches.jobs()]
    for shard in listed:
        assert shard["records"] == shard["replied"] == MOST
        assert (shard["input_tokens"], shard["output_tokens"]) == (
            shard["manifest_input_tokens"],
            shard["manifest_output_tokens"],
        )
    objects = batches.objects()
    assert len(objects) == 2 * 3
    too_young = skuscribe.json("batch", "clean", "--yes")
    assert (too_young["shards"], batches.objects()) == (0, objects)
    dry = skuscribe.json("batch", "clean", summary["job"], "--older-than", "0", "--dry-run")
    assert (dry, batches.objects()) == ({"removed": False, "shards": 2, "objects": 6}, objects)
    told = skuscribe.json("batch", "clean", summary["job"], "--older-than", "0", "--yes")
    assert (told, batches.objects()) == ({"removed": True, "shards": 2, "objects": 6}, [])
    assert all(shard["removed_at"] for shard in skuscribe.json("batch", "list", summary["job"])["shards"])
    assert skuscribe.json("batch", "clean", "--older-than", "0", "--yes")["shards"] == 0
    assert skuscribe.json("status", summary["job"])["cost_usd"] == summary["cost_usd"]


@pytest.mark.parametrize("unset", ["SKUSCRIBE_BATCH_BUCKET", "SKUSCRIBE_BATCH_ROLE_ARN"])
def test_without_a_bucket_or_a_role_the_lane_is_refused(skuscribe, batches, monkeypatch, tmp_path, unset):
    monkeypatch.delenv(unset)
    assert_refused(skuscribe, batches, tmp_path, *RUN, says="no bucket or no role is set")


def test_a_model_without_batch_is_refused(skuscribe, batches, tmp_path):
    model = "anthropic.claude-sonnet-5-5"
    assert_refused(
        skuscribe, batches, tmp_path, *RUN, "--model", model, says=f"{model} is not known to take batch jobs"
    )


def assert_refused(skuscribe, batches, tmp_path, *options, says):
    source = csv_file(tmp_path / "p.csv", many(MOST))
    for command in ("estimate", "run"):
        refused = skuscribe(command, source, *options, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (2, "lane")
        assert says in refused.json["error"]["message"]
    assert not batches.gate.came
    assert skuscribe.json("jobs") == {"jobs": []}


def test_a_bucket_that_is_not_there_costs_nothing_and_the_job_goes_on_once_it_is(
    skuscribe, batches, monkeypatch, tmp_path
):
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET", "no-such-bucket-of-ours")
    failed = skuscribe("run", csv_file(tmp_path / "p.csv", many(MOST)), *RUN, "--json")
    assert (failed.code, failed.json["error"]["code"]) == (2, "batch_bucket")
    assert "no-such-bucket-of-ours" in failed.json["error"]["message"]
    assert batches.gate.came["CreateModelInvocationJob"] == batches.counted()["requests"] == 0
    [job] = skuscribe.json("jobs")["jobs"]
    assert (job["state"], job["cost_usd"], job["unconfirmed_usd"], job["items"]["pending"]) == (
        "failed",
        "0",
        "0",
        MOST,
    )
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET", batches.environ()["SKUSCRIBE_BATCH_BUCKET"])
    assert_done(batches, skuscribe.json("resume", job["job"]), MOST)
