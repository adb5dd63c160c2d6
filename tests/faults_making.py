"""Runs of the command in a process of its own that can be killed, and what its store says from outside."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from command_line import ROOT, ended

#: Amazon Nova Lite in us-east-1, dollars a token (AWS's price list of 2026-11).
INPUT_USD, OUTPUT_USD = Decimal("0.00000006"), Decimal("0.00000024")
TEMPLATE = "image-alt-text"


def started(bedrock, *arguments):
    """Start the command at the head of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "console.main", *map(str, arguments), "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **bedrock.environ()},
        start_new_session=True,
    )


def run_arguments(source, out, *more):
    return ("run", source, "--template", TEMPLATE, "--out", out, *more)


def outcome_of(bedrock, *arguments, timeout_s=120):
    return ended(started(bedrock, *arguments), timeout_s)


def spent_usd(bedrock):
    """What the replies cost, by the stand-in's own count."""
    return bedrock.counts.input_tokens * INPUT_USD + bedrock.counts.output_tokens * OUTPUT_USD


class Watched:
    """A store, read while and after a process writes it."""

    def __init__(self):
        self.path = Path(os.environ["SKUSCRIBE_HOME"]) / "skuscribe.db"

    def ask(self, query):
        if not self.path.exists():
            return []
        reader = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)
        try:
            return reader.execute(query).fetchall()
        except sqlite3.OperationalError:  # before the migrations
            return []
        finally:
            reader.close()

    def job(self):
        rows = self.ask("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1")
        return rows[0][0] if rows else None

    def open_attempts(self):
        rows = self.ask("SELECT count(*) FROM attempts WHERE ended_at IS NULL")
        return rows[0][0] if rows else 0


def until(condition, process, timeout_s=60):
    """Wait for a moment of a running process; give whether it came before the process ended."""
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        if condition():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    raise AssertionError("that moment never came")


def killed(process):
    """Kill -9 of the leader of the process group."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode in (-signal.SIGKILL, 0)


def quiet(bedrock):
    """Wait until the stand-in has answered what the killed process had sent."""
    while bedrock.counts.in_flight:
        time.sleep(0.01)
