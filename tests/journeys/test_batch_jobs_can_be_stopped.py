from __future__ import annotations

import pytest
from batch_commands import MOST, RUN, assert_done
from command_line import csv_file, ended, many

pytestmark = pytest.mark.servers

HOUR_S = 3600.0
ITEMS = 2 * MOST


@pytest.fixture
def interrupted(batches, tmp_path):
    """A job whose command got Ctrl-C while Bedrock had both its batch jobs: how that ended."""
    batches.behave(batch_s=HOUR_S)
    batches.gate.at("GetModelInvocationJob", 3, batches.interrupt, when="after")
    outcome = ended(batches.start("run", csv_file(tmp_path / "p.csv", many(ITEMS)), *RUN))
    assert outcome.code == 130, outcome
    return outcome


def test_ctrl_c_leaves_batch_jobs_at_bedrock_and_resume_harvests_them(skuscribe, batches, interrupted):
    summary = interrupted.json
    assert (summary["state"], summary["stop_reason"]) == ("stopped", "signal")
    assert (summary["items"]["pending"], summary["cost_usd"]) == (ITEMS, "0")
    assert summary["unconfirmed_attempts"] == 0
    job = summary["job"]
    assert f"Its batch jobs go on at Bedrock: `skuscribe resume {job}` fetches what they write" in interrupted.err
    assert batches.statuses() == {"InProgress": 2}
    objects = batches.objects()
    cleaned = skuscribe.json("batch", "clean", job, "--older-than", "0", "--yes")
    assert (cleaned["shards"], batches.objects()) == (0, objects)
    batches.advance(HOUR_S)
    created = batches.gate.came["CreateModelInvocationJob"]
    resumed = skuscribe.json("resume", job)
    assert batches.gate.came["CreateModelInvocationJob"] == created == 2
    assert resumed["lanes"] == {"batch": ITEMS}
    assert_done(batches, resumed, ITEMS)


def test_a_second_run_does_not_pay_for_what_batch_jobs_are_writing_already(skuscribe, batches, interrupted, tmp_path):
    """The nightly run comes again while last night's batch jobs are at Bedrock."""
    source, job = tmp_path / "p.csv", interrupted.json["job"]
    refused = skuscribe("run", source, *RUN, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (2, "in_batch")
    assert f"Batch jobs of {job} are writing {ITEMS} of these items already" in refused.json["error"]["message"]
    assert f"`skuscribe resume {job}` fetches them" in refused.json["error"]["fix"]
    assert [one["job"] for one in skuscribe.json("jobs")["jobs"]] == [job]
    assert skuscribe("estimate", source, *RUN, "--json").code == 0
    batches.advance(HOUR_S)
    skuscribe.json("resume", job)
    again = skuscribe.json("run", source, *RUN)
    assert (again["items"]["reused"], again["requests"]) == (ITEMS, 0)
    assert batches.gate.came["CreateModelInvocationJob"] == 2


def test_stop_after_ctrl_c_ends_the_batch_jobs_and_resume_keeps_what_they_did(skuscribe, batches, interrupted):
    job = interrupted.json["job"]
    batches.advance(HOUR_S / 2)
    stopped = skuscribe("stop", job, "--json")
    assert (stopped.code, stopped.json["state"]) == (0, "stopped")
    assert stopped.err.count("is to stop; what it has done is kept") == 2
    assert set(batches.statuses()) == {"Stopped"}
    done = batches.counted()["batch"]["succeeded"]
    assert ITEMS * 0.4 < done < ITEMS * 0.6
    batches.behave(batch_s=0)
    resumed = skuscribe.json("resume", job)
    assert batches.statuses() == {"Stopped": 2, "Completed": 1}
    assert resumed["lanes"] == {"batch": ITEMS}
    assert_done(batches, resumed, ITEMS)


def test_resume_in_another_lane_ends_the_batch_jobs_and_sends_the_rest_itself(skuscribe, batches, interrupted):
    batches.advance(HOUR_S / 2)
    resumed = skuscribe.json("resume", interrupted.json["job"], "--lane", "on-demand")
    assert batches.statuses() == {"Stopped": 2}
    lanes = resumed["lanes"]
    assert set(lanes) == {"batch", "on-demand"}
    assert ITEMS * 0.4 < lanes["on-demand"] < ITEMS * 0.6
    assert_done(batches, resumed, ITEMS)


def test_stop_from_another_process_ends_the_batch_jobs_and_keeps_what_they_did(skuscribe, batches, tmp_path):
    batches.behave(batch_s=HOUR_S, batch_stopping_s=60.0)

    def stop():
        batches.start("stop", batches.store.job())

    batches.gate.at("GetModelInvocationJob", 3, stop, when="after")
    batches.gate.at("StopModelInvocationJob", 1, lambda: batches.advance(HOUR_S / 2))
    batches.gate.at("StopModelInvocationJob", 2, lambda: batches.pass_time(60.0), when="after")
    outcome = skuscribe("run", csv_file(tmp_path / "p.csv", many(ITEMS)), *RUN, "--json")
    summary = outcome.json
    assert (outcome.code, summary["state"], summary["stop_reason"]) == (130, "stopped", "user")
    told = ended(batches.victim)
    assert (told.code, told.json["state"]) == (0, "stopped")
    assert batches.statuses() == {"Stopped": 2}
    assert ITEMS * 0.4 < summary["items"]["done"] < ITEMS * 0.6
    batches.behave(batch_s=0)
    assert_done(batches, skuscribe.json("resume", summary["job"]), ITEMS)


def test_a_deadline_ends_the_batch_jobs_in_time_to_send_the_rest_itself(skuscribe, batches, tmp_path, clock):
    batches.behave(batch_s=10 * HOUR_S)
    batches.gate.at("GetModelInvocationJob", 3, lambda: clock.forward(5 * HOUR_S))
    batches.gate.at("StopModelInvocationJob", 1, lambda: batches.advance(5 * HOUR_S))
    source = csv_file(tmp_path / "p.csv", many(ITEMS))
    outcome = skuscribe("run", source, *RUN, "--deadline", "5h1m", "--json")
    assert outcome.code == 0, outcome.err
    assert batches.statuses() == {"Stopped": 2}
    assert "are left, and the time for batch jobs is over: they go on demand." in outcome.err
    lanes = outcome.json["lanes"]
    assert set(lanes) == {"batch", "on-demand"}
    assert lanes["batch"] >= ITEMS * 0.4
    assert 5 * HOUR_S < outcome.json["seconds"] < 5 * HOUR_S + 60
    assert_done(batches, outcome.json, ITEMS)
