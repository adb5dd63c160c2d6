import pytest
from command_line import csv_file, many, table_of
from faults_making import Watched, outcome_of, run_arguments
from stand_in import StandIn

pytestmark = pytest.mark.servers

FAULTS = {"throttle": 0.05, "error_500": 0.015, "error_503": 0.015, "drop": 0.01, "garbage": 0.01}


def test_a_thousand_items_come_through_faults_and_none_is_bought_twice(tmp_path):
    source = csv_file(tmp_path / "things.csv", many(1000))
    with StandIn(faults=FAULTS, seed=11, latency_s=0.02) as bedrock:
        done = outcome_of(bedrock, *run_arguments(source, tmp_path / "out.csv", "--yes", "--concurrency", 64))
        assert done.code == 0, done.err
        counts = bedrock.counts
    assert done.json["items"]["done"] == 1000
    assert len(counts.answers) == 1000
    assert set(counts.answers.values()) == {1}
    assert sum(counts.faults.values()) > 50
    assert done.json["requests"] == counts.requests
    assert done.json["throttled"] == counts.faults["throttle"]
    # A dropped connection and a reply that is none may have been billed: they show, and nothing else does.
    assert done.json["unconfirmed_attempts"] == counts.faults["drop"] + counts.faults["garbage"]
    assert all(row["Image alt text"] for row in table_of(tmp_path / "out.csv"))
    assert Watched().open_attempts() == 0


def test_replies_that_break_off_prose_and_long_copy_are_mended_within_their_rules(tmp_path):
    source = csv_file(tmp_path / "things.csv", many(150))
    faults = {"cut_off": 0.03, "prose": 0.03, "over_limit": 0.06, "truncated": 0.03, "timeout": 0.02}
    with StandIn(faults=faults, seed=5) as bedrock:
        done = outcome_of(bedrock, *run_arguments(source, tmp_path / "out.csv", "--yes", "--concurrency", 16))
        counts = bedrock.counts
    items = done.json["items"]
    assert done.code in (0, 3), done.err
    assert items["done"] + items["flagged"] + items["failed"] == 150
    assert items["done"] >= 145
    assert max(counts.answers.values()) == 1
    assert all(row["Image alt text"] or row["Skuscribe notes"] for row in table_of(tmp_path / "out.csv"))


def test_an_endpoint_that_refuses_everybody_costs_five_requests_at_most(tmp_path):
    source = csv_file(tmp_path / "things.csv", many(200))
    with StandIn(always="forbidden") as bedrock:
        done = outcome_of(bedrock, *run_arguments(source, tmp_path / "out.csv", "--yes"))
        assert done.code == 5
        assert bedrock.counts.requests + sum(bedrock.counts.others.values()) <= 5
    assert set(done.json) == {"error"}
    assert not (tmp_path / "out.csv").exists()
