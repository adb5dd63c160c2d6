"""Every file of a folder of real spreadsheets ends as a product table with a report, or as one clear sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("SKUSCRIBE_CORPUS") or ROOT.parent / "shared" / "catalogs")
FILES = sorted(each for each in FOLDER.rglob("*") if each.is_file() and each.suffix != ".md")
MOST_S, MOST_BYTES = 20, 1 << 30

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason=f"there is no folder {FOLDER} (SKUSCRIBE_CORPUS names another)"),
]


@pytest.fixture(scope="module")
def table():
    lines = []
    yield lines
    width = max(len(line[0]) for line in lines)
    print("\n" + f"{'file':{width}} {'s':>5} {'MiB':>5}  outcome")
    for name, seconds, peak, outcome in lines:
        print(f"{name:{width}} {seconds:5.1f} {peak >> 20:5}  {outcome}")
    read = sum(outcome.startswith("table") for *_, outcome in lines)
    print(f"{len(lines)} files: {read} tables, {len(lines) - read} refused with a sentence")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_it_is_a_table_with_a_report_or_one_sentence(path, table, tmp_path):
    report = tmp_path / "findings.csv"
    code, out, err, seconds, peak = run_watched(["audit", path, "--json", "--report", report])
    said = json.loads(out)
    outcome = found(said) if code == 0 else f"{said['error']['message']} {said['error']['fix']}"
    table.append((str(path.relative_to(FOLDER)), seconds, peak, outcome))
    assert code in {0, 2}, err
    assert "Traceback" not in out + err
    assert code == 2 or report.exists()
    assert "defect of ours" not in outcome
    assert "\n" not in outcome
    assert seconds < MOST_S
    assert peak < MOST_BYTES


def found(said):
    sheet = f'sheet "{said["sheet"]}", ' if said["sheet"] else ""
    platform = f", {said['platform']}" if said["platform"] else ""
    notes = f"; {' '.join(said['notes'])}" if said["notes"] else ""
    return (
        f"table: {said['format']}, {sheet}header in row {said['header_row']}, {len(said['columns'])} columns, "
        f"{said['rows']} rows, {said['products']} products{platform}{notes}"
    )


def run_watched(arguments):
    """Run the command; its exit code, output, seconds, and the most memory that it and its children held."""
    command = [sys.executable, "-m", "console.main", *map(str, arguments)]
    environ = {name: value for name, value in os.environ.items() if name != "SKUSCRIBE_CORPUS"}
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process.pid, peak))
    watcher.start()
    out, err = process.communicate(timeout=10 * MOST_S)
    watcher.join()
    return process.returncode, out, err, time.monotonic() - began, peak[0]


def watch(pid, peak):
    try:
        tree = psutil.Process(pid)
        while tree.is_running() and tree.status() != psutil.STATUS_ZOMBIE:
            held = sum(each.memory_info().rss for each in (tree, *tree.children(recursive=True)))
            peak[0] = max(peak[0], held)
            time.sleep(0.02)
    except psutil.Error:
        return
