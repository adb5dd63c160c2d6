from __future__ import annotations

import resource
import time
from contextlib import closing
from sqlite3 import connect

import pytest
from command_line import PRODUCTS, csv_file, ended, many, start

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes", "--json", "--concurrency", "8")


def _ledger(home):
    with closing(connect(home / "skuscribe.db")) as store:
        paid = store.execute("select count(*) from attempt_ends where outcome = 'ok'").fetchone()[0]
        return paid, store.execute("select count(*) from attempt_starts").fetchone()[0]


def test_a_full_disk_stops_the_job_and_what_was_paid_is_in_the_ledger(skuscribe, bedrock, tmp_path):
    bedrock.latency_s = 0.1
    csv_file(tmp_path / "p.csv", many(120))
    process = start("run", "p.csv", *RUN)
    until_s = time.monotonic() + 30
    while sum(bedrock.counts.answers.values()) < 20:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    # From now on no file of this process grows any more, as on a disk that is full.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    outcome = ended(process)
    assert outcome.code == 3, outcome
    assert outcome.json["error"]["code"] == "store"
    assert "disk" in outcome.json["error"]["fix"]
    answered = sum(bedrock.counts.answers.values())
    assert answered < 120
    job = skuscribe.json("jobs")["jobs"][0]
    told = skuscribe.json("status", job["job"])
    paid, started = _ledger(tmp_path / "home")
    assert told["items"]["done"] == paid >= 1
    assert started == paid + told["unconfirmed_attempts"]
    # What could not be written any more was open in the store before it was sent.
    assert answered <= started
    bedrock.latency_s = 0
    resumed = skuscribe.json("resume", job["job"])
    assert resumed["items"]["done"] == 120
    assert sum(bedrock.counts.answers.values()) - 120 <= told["unconfirmed_attempts"]


def test_a_results_folder_that_is_full_is_told_and_resume_writes_it(skuscribe, bedrock, tmp_path):
    source = csv_file(
        tmp_path / "p.csv", [PRODUCTS[0], *((f"{at}", f"Thing {at} " * 60, "", "") for at in range(1500))]
    )
    bedrock.latency_s = 0.5
    process = start("run", source, "--template", "image-alt-text", "--rows", "2-4", "--yes", "--json")
    until_s = time.monotonic() + 30
    while not bedrock.counts.requests:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    # Enough for the store, too little for the workbook.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (650_000, 650_000))
    outcome = ended(process)
    assert outcome.code == 3, outcome
    assert "resume" in outcome.json["error"]["fix"]
    job = skuscribe.json("jobs")["jobs"][0]
    assert job["items"]["done"] == 3
    assert skuscribe.json("resume", job["job"])["state"] == "done"
    assert bedrock.counts.requests == 3


def test_a_home_that_is_full_from_the_start_is_told(bedrock, tmp_path):
    csv_file(tmp_path / "p.csv", many(50))
    outcome = ended(start("run", "p.csv", *RUN, largest_file_bytes=20_000))
    assert outcome.code in (2, 3), outcome
    assert outcome.json["error"]["fix"]
    assert bedrock.counts.requests == 0


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough to be taken for one" * 20, None])
def test_a_store_that_cannot_be_opened_is_told(skuscribe, tmp_path, damage):
    store = tmp_path / "home" / "skuscribe.db"
    store.parent.mkdir()
    store.write_bytes(damage) if damage else store.mkdir()
    outcome = skuscribe("jobs", "--json")
    assert outcome.code == 2
    assert "skuscribe.db" in outcome.json["error"]["message"]
    assert "SKUSCRIBE_HOME" in outcome.json["error"]["fix"]
