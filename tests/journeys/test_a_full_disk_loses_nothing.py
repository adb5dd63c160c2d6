from __future__ import annotations

import sys
from contextlib import closing
from sqlite3 import connect

import pytest
from command_line import csv_file, ended, many, start

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes", "--json", "--concurrency", "8")


def _paid(home):
    with closing(connect(home / "skuscribe.db")) as store:
        count, tokens = store.execute(
            "select count(*), coalesce(sum(input_tokens), 0) from attempt_ends where outcome = 'ok'"
        ).fetchone()
        started = store.execute("select count(*) from attempt_starts").fetchone()[0]
    return count, tokens, started


@pytest.mark.skipif(sys.platform != "linux", reason="file size limits are a matter of the system")
def test_a_full_disk_stops_the_job_and_what_was_paid_is_in_the_ledger(skuscribe, bedrock, tmp_path):
    csv_file(tmp_path / "p.csv", many(400))
    planned = skuscribe.json("estimate", "p.csv", "--template", "image-alt-text")
    assert planned["items"]["total"] == 400
    size = (tmp_path / "home" / "skuscribe.db").stat().st_size
    # No file may grow beyond what the planned job takes: as a disk that fills up while the replies come.
    process = start("run", "p.csv", *RUN, largest_file_bytes=size + 300_000)
    outcome = ended(process)
    assert outcome.code not in (0, 1), outcome
    assert outcome.json["error"]["code"] != "defect"
    assert outcome.json["error"]["fix"]
    answered = sum(bedrock.counts.answers.values())
    paid, _, started = _paid(tmp_path / "home")
    # What could not be written any more was open in the store.
    assert started >= answered
    assert paid <= answered
    jobs = skuscribe.json("jobs")["jobs"]
    if jobs:
        lost = skuscribe.json("status", jobs[0]["job"])["unconfirmed_attempts"]
        assert paid + lost >= answered
        resumed = skuscribe.json("resume", jobs[0]["job"])
        assert resumed["items"]["done"] == 400
        assert sum(bedrock.counts.answers.values()) - 400 <= lost


def test_a_home_that_is_full_from_the_start_is_told(bedrock, tmp_path):
    csv_file(tmp_path / "p.csv", many(50))
    outcome = ended(start("run", "p.csv", *RUN, largest_file_bytes=20_000))
    assert outcome.code in (2, 3), outcome
    assert outcome.json["error"]["fix"]
    assert bedrock.counts.requests == 0
