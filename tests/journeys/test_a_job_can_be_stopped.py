from __future__ import annotations

import json
import signal
import time

import pytest
from command_line import csv_file, ended, many, start, table_of

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes", "--json")
HOUR_S = 3600


def _when_busy(bedrock, requests=8):
    until_s = time.monotonic() + 30
    while bedrock.counts.requests < requests:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def _check_resumed(skuscribe, bedrock, job, count):
    answered = sum(bedrock.counts.answers.values())
    bedrock.latency_s = 0
    resumed = skuscribe.json("resume", job)
    assert (resumed["state"], resumed["stop_reason"]) == ("done", None)
    assert resumed["items"]["done"] == count == sum(bedrock.counts.answers.values())
    assert max(bedrock.counts.answers.values()) == 1
    assert resumed["unconfirmed_attempts"] == 0
    assert answered < count
    rows = table_of(resumed["outputs"]["workbook"])
    assert len(rows) == count
    assert all(row["Image alt text"] for row in rows)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_job_so_that_it_can_be_resumed(skuscribe, bedrock, tmp_path, number):
    bedrock.latency_s = 0.1
    csv_file(tmp_path / "p.csv", many(100))
    process = start("run", "p.csv", *RUN, "--concurrency", "8")
    _when_busy(bedrock)
    process.send_signal(number)
    stopped = ended(process)
    assert stopped.code == 130, stopped
    summary = stopped.json
    assert (summary["state"], summary["stop_reason"]) == ("stopped", "signal")
    assert summary["items"]["done"] == sum(bedrock.counts.answers.values())
    assert summary["unconfirmed_attempts"] == 0
    assert f"resume {summary['job']}" in stopped.err
    assert len(table_of(summary["outputs"]["workbook"])) == 100
    assert skuscribe.json("status", summary["job"])["stop_reason"] == "signal"
    _check_resumed(skuscribe, bedrock, summary["job"], 100)


def test_stop_from_another_process_ends_a_job_within_two_seconds(skuscribe, bedrock, tmp_path):
    bedrock.latency_s = 0.1
    csv_file(tmp_path / "p.csv", many(600))  # 8 s of work: more than the questions before the stop take
    process = start("run", "p.csv", *RUN, "--concurrency", "8")
    _when_busy(bedrock)
    job = skuscribe.json("jobs")["jobs"][0]
    assert job["state"] == "running"
    assert job["items"]["pending"] > 0
    live = skuscribe.json("status", job["job"])
    assert live["unconfirmed_attempts"] == 0
    assert live["seconds"] > 0
    for command in ("resume", "retry"):
        refused = skuscribe(command, job["job"], "--json")
        assert (refused.code, refused.json["error"]["code"]) == (2, "running")
    asked_s = time.monotonic()
    told = skuscribe.json("stop", job["job"])
    assert time.monotonic() - asked_s < 2
    assert (told["state"], told["stop_reason"]) == ("stopped", "user")
    stopped = ended(process)
    assert stopped.code == 130
    assert stopped.json["stop_reason"] == "user"
    assert skuscribe.json("stop", job["job"])["state"] == "stopped"
    _check_resumed(skuscribe, bedrock, job["job"], 600)


def test_a_deadline_stops_a_job_and_resume_goes_on(skuscribe, bedrock, tmp_path, clock):
    def the_hour_passes(text, _):
        if "number 5" in text:
            clock.forward(HOUR_S)

    bedrock.latency_s, bedrock.plan = 0.1, the_hour_passes
    source = csv_file(tmp_path / "p.csv", many(60))
    summary = skuscribe.json("run", source, *RUN[:-1], "--concurrency", "1", "--deadline", "1h", code=3)
    assert (summary["state"], summary["stop_reason"]) == ("stopped", "deadline")
    assert 5 <= summary["items"]["done"] < 60
    bedrock.latency_s, bedrock.plan = 0, None
    assert skuscribe.json("resume", summary["job"])["items"]["done"] == 60
    assert bedrock.counts.requests == 60


def test_a_killed_job_is_shown_as_interrupted_and_can_be_resumed(skuscribe, bedrock, tmp_path):
    bedrock.latency_s = 0.3
    csv_file(tmp_path / "p.csv", many(60))
    process = start("run", "p.csv", *RUN, "--concurrency", "6")
    _when_busy(bedrock, 9)
    process.kill()
    process.communicate()
    job = skuscribe.json("jobs")["jobs"][0]
    assert "resume" in skuscribe("status", job["job"]).err
    lost = skuscribe.json("status", job["job"])["unconfirmed_attempts"]
    assert 0 < lost <= 6
    bedrock.latency_s = 0
    resumed = skuscribe.json("resume", job["job"])
    assert resumed["items"]["done"] == 60
    assert resumed["unconfirmed_attempts"] == lost
    assert float(resumed["unconfirmed_usd"]) > 0
    assert sum(bedrock.counts.answers.values()) - 60 <= lost


def test_a_job_resumes_without_its_source_from_another_folder(skuscribe, bedrock, tmp_path, monkeypatch):
    source = csv_file(tmp_path / "p.csv", many(40))
    stopped = skuscribe.json("run", source, *RUN[:-1], "--budget", "0.001", code=4)
    source.unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    resumed = skuscribe.json("resume", stopped["job"], "--budget", "1")
    assert resumed["items"]["done"] == 40 == bedrock.counts.requests
    assert resumed["outputs"] == stopped["outputs"]


def test_resuming_a_finished_job_sends_nothing(skuscribe, bedrock, tmp_path):
    job = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN[:-1])["job"]
    again = skuscribe.json("resume", job)
    assert again["state"] == "done"
    assert bedrock.counts.requests == 3
    refused = skuscribe("preview", "p.csv", "--template", "seo-meta", "--json")
    told = skuscribe("resume", json.loads(refused.out)["job"], "--json")
    assert told.code == 2


def test_retry_writes_only_the_failed_and_flagged_again(skuscribe, bedrock, tmp_path):
    def plan(text, _):
        return "refused" if "number 1" in text else "prose" if "number 2" in text else None

    bedrock.plan = plan
    first = skuscribe.json("run", csv_file(tmp_path / "p.csv", many(6)), *RUN[:-1], code=3)
    assert (first["items"]["done"], first["items"]["failed"]) == (4, 2)
    notes = {row["SKU"]: row["Skuscribe notes"] for row in table_of(first["outputs"]["workbook"])}
    assert notes["00001"]
    assert notes["00002"]
    assert not notes["00003"]
    sent = bedrock.counts.requests
    resumed = skuscribe.json("resume", first["job"], code=3)
    assert resumed["items"]["failed"] == 2
    assert bedrock.counts.requests == sent
    bedrock.plan = None
    again = skuscribe.json("retry", first["job"])
    assert (again["state"], again["items"]["done"], again["items"]["failed"]) == ("done", 6, 0)
    assert bedrock.counts.requests == sent + 2
    assert max(bedrock.counts.answers.values()) == 1
    assert not any(row["Skuscribe notes"] for row in table_of(again["outputs"]["workbook"]))
    assert skuscribe.json("retry", first["job"])["items"]["done"] == 6
    assert bedrock.counts.requests == sent + 2


def test_copy_that_breaks_its_contract_is_repaired_once_else_flagged(skuscribe, bedrock, tmp_path):
    bedrock.plan = lambda text, _: "over_limit" if "number 1" in text else None
    repaired = skuscribe.json("run", csv_file(tmp_path / "p.csv", many(3)), *RUN[:-1])
    assert repaired["items"]["done"] == 3
    assert bedrock.counts.requests == 4
    bedrock.plan = lambda text, _: "too_long_again" if "number 1" in text else None
    flagged = skuscribe.json("run", tmp_path / "p.csv", *RUN[:-1], "--fresh", code=3)
    assert (flagged["state"], flagged["items"]["flagged"]) == ("partial", 1)
    assert bedrock.counts.requests == 8
    row = table_of(flagged["outputs"]["workbook"])[1]
    assert row["Skuscribe status"] == "flagged"
    assert "125" in row["Skuscribe notes"]
    bedrock.plan = None
    assert skuscribe.json("retry", flagged["job"])["items"]["done"] == 3
    assert bedrock.counts.requests == 9


@pytest.mark.parametrize(
    ("fault", "requests"),
    [("filtered", 1), ("truncated", 2), ("prose", 3), ("timeout", 2)],
)
def test_a_deterministic_failure_is_paid_only_so_often(skuscribe, bedrock, tmp_path, fault, requests):
    bedrock.plan = lambda text, _: fault if "number 1" in text else None
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv", many(3)), *RUN[:-1], code=3)
    assert (summary["items"]["done"], summary["items"]["failed"]) == (2, 1)
    assert bedrock.counts.requests == 2 + requests
    note = table_of(summary["outputs"]["workbook"])[1]["Skuscribe notes"]
    assert len(note.split()) > 4
    assert "Exception" not in note
    # What the reply of a failed item cost is told with it.
    assert (float(summary["unconfirmed_usd"]) > 0) == (fault == "timeout")
    assert bedrock.counts.input_tokens == summary["usage"]["input_tokens"]
