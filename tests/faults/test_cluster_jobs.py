"""What people do with jobs that three workers run: stop, leave, look, cap; it holds as in one process."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest
from command_line import csv_file, many, table_of
from faults_making import spent_usd
from fleet import SMALL, TEMPLATE, WORKERS, assert_ledger_agrees, assert_whole

pytestmark = pytest.mark.servers

#: No more than this later does a request leave after somebody has wanted the job to stop.
_STOPPED_WITHIN_S = 2.0


def test_a_stop_reaches_the_workers_within_two_seconds_and_the_rest_can_be_had_later(fleet, tmp_path):
    job = fleet.run(tmp_path, SMALL).under_way()
    # The job goes on for longer than the command needs to start.
    fleet.bedrock.latency_s = 2.0
    stop = fleet.start("stop", job.id, "--json")
    fleet.until(lambda: job.has("SELECT stop_wanted FROM jobs WHERE id = {job}"))
    wanted_s = time.monotonic()
    assert fleet.outcome(stop).returncode == 0
    fleet.bedrock.latency_s = SMALL.latency_s
    outcome = fleet.outcome(job.process)
    assert outcome.returncode == 130, outcome.stderr
    assert max(fleet.bedrock.counts.moments_s) < wanted_s + _STOPPED_WITHIN_S
    assert 0 < job.done < SMALL.items
    assert_ledger_agrees(job)
    assert_whole(job, fleet.said("resume", job.id))
    assert set(fleet.bedrock.counts.answers.values()) == {1}


def test_a_slow_product_holds_no_other_of_its_chunk_back(fleet, tmp_path):
    with fleet.bedrock.holding("Thing number 57"):
        job = fleet.run(tmp_path, SMALL)
        fleet.until(lambda: job.done == SMALL.items - 1)
        assert fleet.bedrock.counts.in_flight == 1
    assert_whole(job, job.ended())


def test_a_budget_holds_over_all_workers_and_is_used(fleet, tmp_path):
    budget = Decimal("0.004")
    job = fleet.run(tmp_path, SMALL, "--budget", budget)
    outcome = fleet.outcome(job.process)
    assert outcome.returncode == 4, outcome.stderr
    assert budget * Decimal("0.9") <= spent_usd(fleet.bedrock) <= budget
    assert len(job.sessions()) > 1
    assert_ledger_agrees(job)
    summary = fleet.said("resume", job.id, "--budget", "1")
    assert_whole(job, summary)
    assert Decimal(summary["cost_usd"]) == spent_usd(fleet.bedrock)


def test_a_job_goes_on_when_the_command_that_follows_it_is_killed(fleet, tmp_path):
    job = fleet.run(tmp_path, SMALL).under_way()
    job.process.kill()
    sent = fleet.bedrock.counts.requests
    fleet.until(lambda: fleet.bedrock.counts.requests > sent + WORKERS * SMALL.concurrency)
    fleet.outcome(job.process)
    assert_whole(job, fleet.said("resume", job.id))


def test_a_job_that_was_left_to_the_workers_is_delivered_by_one(fleet, tmp_path):
    job = fleet.run(tmp_path, SMALL, "--detach")
    assert job.ended()["state"] == "running"
    fleet.until(lambda: job.has("SELECT workbook IS NOT NULL AND ended_at IS NOT NULL FROM jobs WHERE id = {job}"))
    workbook = job.has("SELECT workbook FROM jobs WHERE id = {job}")
    assert (tmp_path / "out.csv").exists() is False
    assert Path(workbook).is_relative_to(fleet.cluster.environ["SKUSCRIBE_FILES"])
    assert_whole(job, fleet.said("status", job.id))
    assert {row["Skuscribe status"] for row in table_of(workbook)} == {"done"}


def test_a_preview_passes_bulk_work_and_its_text_is_printed_as_it_comes(fleet, tmp_path):
    # All that the workers may have in flight for the job, and more, waits for the model.
    with fleet.bedrock.holding("Thing number 1"):
        job = fleet.run(tmp_path, SMALL)
        fleet.until(lambda: fleet.bedrock.counts.in_flight >= SMALL.concurrency)
        few = csv_file(tmp_path / "few.csv")
        preview = fleet.outcome(fleet.start("preview", few, "--template", TEMPLATE, "--fresh", "--rows", 2))
        assert preview.returncode == 0, preview.stderr
        assert job.has("SELECT state FROM jobs WHERE id = {job}") == "running"
    # Said before a piece of text only, not with the results.
    assert preview.stdout.count(f": {TEMPLATE}") == 2
    fleet.until(lambda: len(fleet.bedrock.counts.answers) == SMALL.items + 2)
    job.ended()


@pytest.mark.parametrize(
    ("fault", "model"), [("forbidden", "amazon.nova-lite-v1:0"), ("missing", "amazon.nova-lite-v9:0")]
)
def test_what_would_hit_every_item_is_told_as_in_one_process(fleet, tmp_path, fault, model):
    fleet.bedrock.always = fault
    source = csv_file(tmp_path / "things.csv", many(SMALL.items))
    run = ("run", source, "--template", TEMPLATE, "--model", model, "--fresh", "--yes", "--json")
    told = []
    for environ in ({}, {"SKUSCRIBE_BROKER_URL": "", "SKUSCRIBE_DATABASE_URL": ""}):
        before = fleet.bedrock.counts.requests
        outcome = fleet.outcome(fleet.start(*run, **environ))
        assert outcome.returncode == 5, outcome.stdout + outcome.stderr
        assert fleet.bedrock.counts.requests - before <= 3
        told.append(outcome.stdout)
    assert told[0] == told[1]
