"""Kill -9 at any moment: what was paid for is in the ledger, and resuming sends only what has no result."""

import random
import time
import zipfile

import pytest
from command_line import many, table_of, xlsx_file
from faults_making import Watched, killed, outcome_of, quiet, run_arguments, started, until
from stand_in import StandIn

pytestmark = pytest.mark.servers

PACE = ("--concurrency", 32, "--rpm", 30_000)


def is_whole(path, items):
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
    rows = table_of(path)
    assert len(rows) == items
    assert all(row["Image alt text"] and row["Skuscribe status"] == "done" for row in rows)
    return True


def finished(bedrock, store, source, out, items):
    """Resume to the end and check what must hold whatever was killed before."""
    lost = store.open_attempts()
    job = store.job()
    arguments = ("resume", job) if job else run_arguments(source, out, "--yes", *PACE)
    last = outcome_of(bedrock, *arguments)
    assert last.code == 0, last.err
    summary = last.json
    assert summary["items"]["done"] == summary["items"]["total"] == items
    assert summary["unconfirmed_attempts"] == lost == store.open_attempts()
    assert (float(summary["unconfirmed_usd"]) > 0) == (lost > 0)
    answers = bedrock.counts.answers
    assert len(answers) == items
    assert sum(answers.values()) - items <= lost
    # By item as well: no prompt has more answers than one and its own lost attempts.
    by_item = store.ask("SELECT count(*) FROM attempts WHERE outcome = 'ok' GROUP BY item_id HAVING count(*) > 1")
    assert by_item == []
    assert is_whole(summary["outputs"]["workbook"], items)
    return summary


def killed_and_resumed(tmp_path, *, kills, seed, items=500):
    dice, store = random.Random(seed), Watched()
    source, out = xlsx_file(tmp_path / "things.xlsx", many(items)), tmp_path / "out.xlsx"
    with StandIn(latency_s=0.05) as bedrock:
        for _ in range(kills):
            job = store.job()
            process = started(bedrock, *(("resume", job) if job else run_arguments(source, out, "--yes", *PACE)))
            # So many requests further, and up to a moment on: in the middle of a request, a commit, the write-back.
            left = items - len(bedrock.counts.answers)
            target = bedrock.counts.requests + dice.randrange(1, max(2, left // 2))
            until(lambda target=target: bedrock.counts.requests >= target, process)
            time.sleep(dice.random() * 0.08)
            killed(process)
            quiet(bedrock)
            assert not out.exists() or is_whole(out, items)
        return finished(bedrock, store, source, out, items)


def test_three_kills_of_a_run_lose_nothing_and_buy_nothing_twice(tmp_path):
    summary = killed_and_resumed(tmp_path, kills=3, seed=2)
    assert summary["unconfirmed_attempts"] > 0


@pytest.mark.slow
def test_twenty_kills_of_a_run_lose_nothing_and_buy_nothing_twice(tmp_path):
    killed_and_resumed(tmp_path, kills=20, seed=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_kills_at_any_time_after_the_start(tmp_path, seed):
    dice, store, items = random.Random(seed), Watched(), 300
    source, out = xlsx_file(tmp_path / "things.xlsx", many(items)), tmp_path / "out.xlsx"
    with StandIn(latency_s=0.02) as bedrock:
        for _ in range(4):
            job = store.job()
            process = started(bedrock, *(("resume", job) if job else run_arguments(source, out, "--yes", *PACE)))
            time.sleep(dice.uniform(0.2, 3.0))
            killed(process)
            quiet(bedrock)
        finished(bedrock, store, source, out, items)


def test_a_kill_while_planning_costs_nothing(tmp_path):
    store, items = Watched(), 1000  # planned in 0.1 s: long enough to be met
    source, out = xlsx_file(tmp_path / "things.xlsx", many(items)), tmp_path / "out.xlsx"
    with StandIn() as bedrock:
        process = started(bedrock, *run_arguments(source, out, "--yes", *PACE))
        assert until(lambda: store.ask("SELECT 1 FROM jobs WHERE NOT planned"), process)
        killed(process)
        assert bedrock.counts.requests == 0
        assert not out.exists()
        summary = finished(bedrock, store, source, out, items)
    assert summary["unconfirmed_attempts"] == 0
    assert summary["requests"] == items


def test_a_kill_while_the_results_are_written_leaves_no_half_workbook(tmp_path):
    dice, store, items = random.Random(4), Watched(), 300
    source, out = xlsx_file(tmp_path / "things.xlsx", many(items)), tmp_path / "out.xlsx"
    with StandIn() as bedrock:
        process = started(bedrock, *run_arguments(source, out, "--yes", *PACE))
        for _ in range(2):
            assert until(lambda: store.ask("SELECT count(*) FROM items WHERE state = 'done'") == [(items,)], process)
            time.sleep(dice.random() * 0.2)
            killed(process)
            quiet(bedrock)
            assert not out.exists() or is_whole(out, items)
            process = started(bedrock, "resume", store.job())
        killed(process)
        summary = finished(bedrock, store, source, out, items)
    assert summary["requests"] == items


def test_a_job_that_runs_cannot_be_run_by_another_process(tmp_path):
    store, items = Watched(), 300
    source, out = xlsx_file(tmp_path / "things.xlsx", many(items)), tmp_path / "out.xlsx"
    with StandIn(latency_s=0.3) as bedrock:
        process = started(bedrock, *run_arguments(source, out, "--yes", *PACE))
        assert until(lambda: bedrock.counts.requests > 5, process)
        bedrock.latency_s = 2.0  # the first one runs for as long as the second one needs to start
        second = outcome_of(bedrock, "resume", store.job(), "--budget", "0.000001")
        bedrock.latency_s = 0.0
        assert (second.code, second.json["error"]["code"]) == (2, "running")
        out_text, err_text = process.communicate(timeout=60)
        assert process.returncode == 0, out_text + err_text
    assert set(bedrock.counts.answers.values()) == {1}
