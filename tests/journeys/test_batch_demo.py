from __future__ import annotations

import re
import shlex
from decimal import Decimal

import pytest
from command_line import ROOT, table_of
from openpyxl import load_workbook

pytestmark = pytest.mark.servers

EXAMPLE = ROOT / "examples" / "autumn-range.xlsx"


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """The arguments of the command that `make demo-batch` runs, with the results in a folder of this test."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    recipe = re.search(r"^demo-batch:.*\n\t@\$\(BIN\)/skuscribe (.+)$", makefile, re.MULTILINE)
    arguments = shlex.split(recipe[1])
    arguments[arguments.index("--out") + 1] = str(tmp_path / "out")
    monkeypatch.chdir(ROOT)
    return arguments


def test_the_demo_of_the_batch_lane_ends_with_300_products_and_what_they_saved(skuscribe, demo):
    summary = skuscribe.json(*demo)
    assert (summary["state"], summary["simulated"]) == ("done", True)
    assert summary["lanes"]["batch"] >= 290
    assert summary["items"]["done"] == summary["items"]["total"] == 300
    # Its model costs half of on demand in the batch lane; what is repaired may go on demand.
    assert Decimal(summary["saved_usd"]) >= Decimal(summary["cost_usd"]) * Decimal("0.9")
    rows = table_of(summary["outputs"]["workbook"])
    assert len(rows) == 300
    assert all(row["Page description"] and row["Skuscribe status"] == "simulated: done" for row in rows)
    assert "Batch jobs" in load_workbook(summary["outputs"]["report"], read_only=True).sheetnames


def test_no_two_products_of_its_example_are_alike():
    rows = table_of(EXAMPLE)
    assert len(rows) == len({row["SKU"] for row in rows}) == len({row["Title"] for row in rows}) == 300
    assert len({row["Features"] for row in rows}) >= 60
    assert len({row["Category"] for row in rows}) >= 30
    assert all(str(value or "").strip() for row in rows for value in row.values())
