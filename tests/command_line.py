"""The command as the tests use it: in this process, or in one of its own where signals and exit codes count."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from console.main import run

ROOT = Path(__file__).parents[1]
SUMMARY_KEYS = {
    "job", "state", "stop_reason", "source", "items", "usage", "cost_usd", "unpriced_items", "unconfirmed_attempts",
    "unconfirmed_usd", "estimate_usd", "lane", "saved_usd", "lanes", "requests", "throttled", "seconds", "simulated",
    "outputs",
}  # fmt: skip
PRODUCTS = (
    ("SKU", "Title", "Colour", "Warehouse"),
    ("00123", "Enamel kettle", "red", "A1"),
    ("00124", "Stoneware mug", "blue", "A2"),
    ("00125", "Iron pan", "black", "B7"),
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything else there is an error."""
        return json.loads(self.out)


class CommandLine:
    """Runs commands in this process."""

    def __init__(self, capsys: Any) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        """Run a command."""
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = self._capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Outcome(code, printed.out, printed.err)

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """Run a command with --json and expect its exit code."""
        outcome = self(*arguments, "--json")
        assert outcome.code == code, outcome.out + outcome.err
        return outcome.json


def start(
    *arguments: object, stdin: int = subprocess.DEVNULL, largest_file_bytes: int | None = None
) -> subprocess.Popen[str]:
    """Start the command in a process of its own, with a limit for the size of its files where one is given."""
    command = [sys.executable, "-m", "console.main", *map(str, arguments)]
    if largest_file_bytes is not None:
        # Python ignores SIGXFSZ, so that a write beyond the limit fails as one on a full disk does.
        code = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
        code += "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        command = [sys.executable, "-c", code, str(largest_file_bytes), *command[1:]]
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def ended(process: subprocess.Popen[str], timeout_s: float = 60) -> Outcome:
    """Wait for a started command."""
    out, err = process.communicate(timeout=timeout_s)
    assert "Traceback" not in out + err, err
    return Outcome(process.returncode, out, err)


def csv_file(path: Path, rows: Sequence[Sequence[str]] = PRODUCTS) -> Path:
    """Write a CSV of products."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def xlsx_file(path: Path, rows: Sequence[Sequence[Any]] = PRODUCTS, **more: Sequence[Sequence[Any]]) -> Path:
    """Write a workbook with a sheet `Products`, and others by name."""
    book = Workbook()
    book.active.title = "Products"
    for row in rows:
        book.active.append(list(row))
    for name, lines in more.items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(list(row))
    book.save(path)
    return path


def many(count: int) -> list[tuple[str, ...]]:
    """Give a table of so many products."""
    return [PRODUCTS[0], *((f"{at:05}", f"Thing number {at}", "grey", "C3") for at in range(count))]


def table_of(path: str | Path, sheet: str | None = None) -> list[dict[str, str]]:
    """Read a result as rows by header."""
    if str(path).endswith(".csv"):
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    book = load_workbook(path)
    lines = [["" if cell is None else cell for cell in row] for row in book[sheet or book.sheetnames[0]].values]
    book.close()
    return [dict(zip(map(str, lines[0]), row, strict=True)) for row in lines[1:]]


def money_of(report: str | Path) -> Decimal:
    """Add the cost column of a report's Items, each as its shortest decimal."""
    costs = [row["cost_usd"] for row in table_of(report, "Items")]
    return sum((Decimal(repr(cost)) for cost in costs if cost != ""), Decimal())
