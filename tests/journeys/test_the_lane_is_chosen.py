from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from command_line import csv_file, many
from openpyxl import load_workbook

from jobs.choice import Choice
from jobs.spec import JobSpec
from worker.wiring import wire

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text")
FLEX = ("--model", "amazon.nova-pro-v1:0")


def test_an_estimate_shows_every_lane_and_the_choice(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    told = skuscribe.json("estimate", source, *RUN, *FLEX)
    assert set(told["estimates"]) == set(told["lane"]["usd"]) == {"on-demand", "flex", "batch"}
    assert told["lane"]["chosen"] == "flex"
    assert told["lanes"] == {"flex": 3}
    assert told["estimate_usd"] == told["lane"]["usd"]["flex"]
    saving = Decimal(told["lane"]["usd"]["on-demand"]) - Decimal(told["lane"]["usd"]["flex"])
    assert Decimal(told["lane"]["saving_usd"]) == saving > 0
    assert "SKUSCRIBE_BATCH_BUCKET" in told["lane"]["ruled_out"]["batch"]
    lines = skuscribe("estimate", source, *RUN, *FLEX).out.splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["on-demand", "flex", "batch", "Lane flex"]
    assert all("tokens in" in line and "about $" in line for line in lines[1:4])
    assert "not taken: no bucket" in lines[3]
    assert bedrock.counts.requests == 0


def test_what_was_chosen_is_printed_kept_and_in_the_report(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    outcome = skuscribe("run", source, *RUN, *FLEX, "--yes", "--json")
    summary = outcome.json
    assert summary["lane"]["chosen"] == "flex"
    assert f"Lane flex: about {summary['lane']['why'].removeprefix('About ')}" in outcome.err
    assert [body["serviceTier"] for body in bedrock.counts.bodies] == [{"type": "flex"}] * 3
    assert skuscribe.json("status", summary["job"])["lane"] == summary["lane"]
    kept = wire().store.jobs.get(summary["job"])
    assert (kept.lane, Choice.from_json(kept.choice).as_values()) == ("flex", summary["lane"])
    said = {row[0]: row[1] for row in load_workbook(summary["outputs"]["report"])["Summary"].values}
    assert (said["Lane"], said["Why this lane"]) == ("flex", summary["lane"]["why"])
    assert Decimal(repr(said["Saving by the estimate (USD)"])) == Decimal(summary["lane"]["saving_usd"])


def test_why_batch_is_not_taken_though_it_is_cheaper_is_told_in_the_same_words_everywhere(skuscribe, tmp_path):
    source = csv_file(tmp_path / "p.csv", many(120))
    asked = (source, *RUN, "--simulate", "--deadline", "2h")
    estimated = skuscribe.json("estimate", *asked)["lane"]
    outcome = skuscribe("run", *asked, "--yes", "--json")
    summary = outcome.json
    why = summary["lane"]["why"]
    assert summary["lane"] == estimated
    assert why.startswith("Batch would save $0.00")
    assert why.endswith(f", but {summary['lane']['ruled_out']['batch']}.")
    assert "batch jobs may take 3 h (SKUSCRIBE_BATCH_LEAST_DEADLINE_S), longer than the deadline of 2 h" in why
    assert f"Lane on-demand: b{why[1:]}" in outcome.err.splitlines()
    assert Choice.from_json(wire().store.jobs.get(summary["job"]).choice).why == why
    said = {row[0]: row[1] for row in load_workbook(summary["outputs"]["report"])["Summary"].values}
    assert (said["Lane"], said["Why this lane"]) == ("on-demand", why)


def test_a_preview_goes_on_demand_whatever_lane_its_run_takes(skuscribe, bedrock, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    (tmp_path / "job.toml").write_text('template = "image-alt-text"\nlane = "batch"\n', encoding="utf-8")
    assert skuscribe.json("preview", source, "--job", "job.toml")["lane"]["chosen"] == "on-demand"
    assert skuscribe.json("preview", source, *RUN, *FLEX)["lane"]["chosen"] == "on-demand"
    assert not any("serviceTier" in body and body["serviceTier"]["type"] == "flex" for body in bedrock.counts.bodies)


def test_too_few_items_for_batch_go_another_way_and_say_why(skuscribe, tmp_path):
    source = csv_file(tmp_path / "p.csv")
    outcome = skuscribe("run", source, *RUN, "--lane", "batch", "--simulate", "--json")
    assert outcome.code == 0
    assert outcome.json["lanes"] == {"on-demand": 3}
    assert "batch jobs take at least 100 records; 3 are to be written: they go on demand" in outcome.err


def test_batch_without_a_bucket_is_refused_before_anything_is_planned(skuscribe, bedrock, tmp_path):
    refused = skuscribe("run", csv_file(tmp_path / "p.csv"), *RUN, "--lane", "batch", "--yes", "--json")
    assert refused.code == 2
    assert refused.json["error"]["code"] == "lane"
    assert "SKUSCRIBE_BATCH_ROLE_ARN" in refused.json["error"]["fix"]
    assert bedrock.counts.requests == 0
    assert skuscribe.json("jobs") == {"jobs": []}


@pytest.mark.parametrize("deadline", ["6h", ""])
def test_a_batch_job_keeps_when_it_is_due(tmp_path, deadline):
    parts = wire()
    spec = JobSpec(template=("image-alt-text",), simulate=True, lane="batch", deadline=deadline)
    draft = parts.preparation.draft(str(csv_file(tmp_path / "p.csv", many(120))), spec)
    plan = parts.preparation.plan(draft, kind="run")
    job = parts.store.jobs.get(plan.job_id)
    assert job.lane == job.sending_lane == plan.choice.lane == "batch"
    assert job.estimate_pico == int(plan.lanes["batch"].usd.scaleb(12))
    if not deadline:
        assert job.deadline_at is None
        return
    span = datetime.fromisoformat(job.deadline_at) - datetime.fromisoformat(job.created_at)
    assert span.total_seconds() == 6 * 3600


def test_a_job_that_was_killed_while_it_was_planned_chooses_its_lane_when_it_is_planned_again(tmp_path):
    parts = wire()
    spec = JobSpec(template=("image-alt-text",), simulate=True, lane="batch", deadline="6h")
    draft = parts.preparation.draft(str(csv_file(tmp_path / "p.csv", many(120))), spec)
    job_id = parts.preparation.plan(draft, kind="run").job_id
    parts.store.jobs.change(job_id, planned=False, lane="on-demand", choice=None, deadline_at=None)
    parts.preparation.plan_again(parts.store.jobs.get(job_id))
    job = parts.store.jobs.get(job_id)
    assert (job.planned, job.lane, Choice.from_json(job.choice).lane) == (True, "batch", "batch")
    assert job.deadline_at > job.created_at
