from __future__ import annotations

import csv
import subprocess
from contextlib import suppress
from decimal import Decimal

import psutil
import pytest
from batch_commands import RUN, assert_accounts, assert_done
from command_line import csv_file, ended, many, xlsx_file

pytestmark = pytest.mark.servers

MOST_BYTES = 350 << 20


def test_many_shards_give_one_whole_workbook_at_the_batch_price(skuscribe, batches, monkeypatch, tmp_path):
    batches.limit(monkeypatch, least=100, most=400)
    source = xlsx_file(tmp_path / "p.xlsx", many(2500))
    summary = skuscribe.json("run", source, *RUN)
    assert summary["lanes"] == {"batch": 2500}
    assert batches.statuses() == {"Completed": 7}
    assert batches.counted()["ok"] == 0
    assert_done(batches, summary, 2500)
    # Nova Lite costs half as much in the batch lane.
    assert Decimal(summary["saved_usd"]) == Decimal(summary["cost_usd"])


@pytest.mark.slow
def test_a_quarter_of_a_million_items_are_harvested_in_little_memory(batches, monkeypatch, tmp_path):
    items, most = 250_000, 50_000
    batches.limit(monkeypatch, least=100, most=most)
    batches.behave(batch_error_rate=0.002)
    source = csv_file(tmp_path / "p.csv", many(items))
    process = batches.start("run", source, *RUN, "--out", tmp_path / "done.csv")
    peak_bytes = peak_of(process)
    summary = ended(process).json
    # What failed of the first round is enough for a batch job of its own.
    assert batches.statuses() == {"Completed": items // most + 1}
    counted = batches.counted()
    assert items * 0.001 < counted["batch"]["failed"] < items * 0.004
    assert summary["lanes"].pop("batch") == counted["batch"]["succeeded"]
    assert sum(summary["lanes"].values()) == items - counted["batch"]["succeeded"] < 100
    assert summary["items"]["done"] == items
    assert Decimal(summary["cost_usd"]) == assert_accounts(batches, summary["job"])
    with (tmp_path / "done.csv").open(newline="", encoding="utf-8-sig") as file:
        assert sum(row["Skuscribe status"] == "done" for row in csv.DictReader(file)) == items
    assert peak_bytes < MOST_BYTES


def peak_of(process):
    """Watch a process until it ends; give the most that it and its children held."""
    tree, peak_bytes = psutil.Process(process.pid), 0
    while process.poll() is None:
        with suppress(psutil.Error):  # one of them ended just now
            peak_bytes = max(peak_bytes, sum(each.memory_info().rss for each in (tree, *tree.children(recursive=True))))
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    return peak_bytes
