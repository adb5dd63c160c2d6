from __future__ import annotations

import pytest
from batch_commands import MOST, RUN, assert_done
from command_line import csv_file, many

pytestmark = pytest.mark.servers

HOUR_S = 3600.0


def test_records_that_fail_or_are_missing_are_written_one_by_one(skuscribe, batches, monkeypatch, tmp_path):
    batches.limit(monkeypatch, least=100, most=150)
    batches.behave(batch_error_rate=0.03, batch_missing_rate=0.01)
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(300)), *RUN, "--json")
    assert outcome.code == 0, outcome.err
    counted = batches.counted()
    lost = 300 - counted["batch"]["succeeded"]
    assert 300 * 0.02 < lost < 300 * 0.08
    assert 0 < counted["batch"]["failed"] < lost
    assert outcome.json["lanes"] == {"batch": 300 - lost, "on-demand": lost}
    assert f"{lost} items are left, and a batch job takes at least 100: they go on demand." in outcome.err
    assert batches.statuses() == {"Completed": 2}
    assert_done(batches, outcome.json, 300)


def test_what_is_left_goes_flex_where_the_model_has_it_at_the_price_of_batch(skuscribe, batches, tmp_path):
    batches.behave(batch_error_rate=0.1)
    source = csv_file(tmp_path / "p.csv", many(60))
    summary = skuscribe.json("run", source, *RUN, "--model", "amazon.nova-pro-v1:0")
    assert set(summary["lanes"]) == {"batch", "flex"}
    assert summary["items"]["done"] == sum(summary["lanes"].values()) == 60
    assert batches.counted()["paid_by_task"] == {"prompts": 60, "more_than_one": 0, "beyond_one": 0, "most": 1}


def test_a_batch_job_that_came_only_half_through_gives_its_rest_to_another(skuscribe, batches, tmp_path):
    batches.behave(batch_partial_share=0.5)
    batches.gate.at("CreateModelInvocationJob", 1, lambda: batches.behave(batch_partial_share=0), when="after")
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(2 * MOST)), *RUN, "--json")
    assert outcome.code == 0, outcome.err
    assert batches.statuses() == {"PartiallyCompleted": 1, "Completed": 2}
    assert f"PartiallyCompleted, {MOST // 2} of {MOST} records came back, {MOST // 2} missing." in outcome.err
    assert outcome.json["lanes"] == {"batch": 2 * MOST}
    assert_done(batches, outcome.json, 2 * MOST)


def test_a_batch_job_that_expired_is_asked_for_again(skuscribe, batches, tmp_path):
    batches.behave(batch_expires=1)
    batches.gate.at("CreateModelInvocationJob", 1, lambda: batches.behave(batch_expires=0), when="after")
    batches.pass_time(25 * HOUR_S)
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(2 * MOST)), *RUN, "--json")
    assert outcome.code == 0, outcome.err
    assert batches.statuses() == {"Expired": 1, "Completed": 2}
    assert f"Expired, 0 of {MOST} records came back" in outcome.err
    assert batches.counted()["batch"]["succeeded"] == 2 * MOST
    assert_done(batches, outcome.json, 2 * MOST)


def test_where_all_slots_are_taken_jobs_wait_for_their_turn(skuscribe, batches, tmp_path):
    batches.behave(batch_slots=1, batch_s=HOUR_S)
    batches.pass_time(HOUR_S / 2)
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(3 * MOST)), *RUN, "--json")
    assert outcome.code == 0, outcome.err
    assert batches.statuses() == {"Completed": 3}
    assert batches.gate.came["CreateModelInvocationJob"] > 3
    assert "waits: " in outcome.err
    assert_done(batches, outcome.json, 3 * MOST)


def test_no_more_jobs_are_asked_for_at_a_time_than_the_setting_says(skuscribe, batches, monkeypatch, tmp_path):
    monkeypatch.setenv("SKUSCRIBE_BATCH_MOST_JOBS", "2")
    batches.behave(batch_slots=2, batch_s=HOUR_S)
    batches.pass_time(HOUR_S / 4)
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", many(5 * MOST)), *RUN)
    assert batches.gate.came["CreateModelInvocationJob"] == 5
    assert batches.statuses() == {"Completed": 5}
    assert_done(batches, summary, 5 * MOST)


def test_a_batch_job_that_bedrock_could_not_run_fails_the_job_without_a_cost_and_it_can_go_another_way(
    skuscribe, batches, tmp_path
):
    batches.behave(batch_least_records=MOST + 1)
    failed = skuscribe("run", csv_file(tmp_path / "p.csv", many(2 * MOST)), *RUN, "--json")
    assert failed.code == 5, failed.err
    assert "fewer than the required minimum" in failed.json["error"]["message"]
    [job] = skuscribe.json("jobs")["jobs"]
    assert (job["state"], job["cost_usd"], job["items"]["pending"]) == ("failed", "0", 2 * MOST)
    assert batches.statuses() == {"Failed": 2}
    resumed = skuscribe.json("resume", job["job"], "--lane", "on-demand")
    assert resumed["lanes"] == {"on-demand": 2 * MOST}
    assert_done(batches, resumed, 2 * MOST)
