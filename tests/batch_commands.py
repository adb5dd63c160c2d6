"""The command in the batch lane: against the simulator and a real S3, through a gate that sees every request.

    with Batches(s3_endpoint, batch_s=3600.0) as batches:
        batches.gate.at("GetModelInvocationJob", 2, lambda: batches.advance(3600))
        ... AWS_ENDPOINT_URL=… by batches.environ() ...
        assert batches.counted()["batch"]["jobs"] == 7

What a test does at a moment it does inside the gate: while it does so, the command waits for its answer.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import quote
from urllib.request import Request, urlopen

from command_line import money_of, table_of
from faults_making import Watched, started
from http_gate import Gate

from worker.simulator.local_s3 import BUCKET
from worker.simulator.process import SimulatorProcess, start_simulator
from worker.simulator.settings import SimulatorSettings

TEMPLATE = "image-alt-text"
ROLE = "arn:aws:iam::123456789012:role/skuscribe-simulated"
#: Amazon Nova Lite in us-east-1, dollars a token: input, output (AWS's price list of 2026-11).
USD = {
    "on-demand": (Decimal("0.00000006"), Decimal("0.00000024")),
    "batch": (Decimal("0.00000003"), Decimal("0.00000012")),
}
LEAST, MOST = 20, 40
ENDED = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}
RUN = ("--template", TEMPLATE, "--lane", "batch", "--yes")
_KEYS = ("inputTokens", "outputTokens")
_S3 = re.compile(r"<Key>(.*?)</Key>")


class Batches:
    """A simulator of its own on an S3 of many, both behind a gate; `settings` are the simulator's."""

    def __init__(self, s3_endpoint: str, *, least: int = LEAST, most: int = MOST, **settings: float) -> None:
        self.least, self.most = least, most
        self._settings = {"batch_least_records": least, "batch_most_records": most, **settings}
        self._s3_endpoint = s3_endpoint
        #: In the bucket, of this test alone.
        self.folder = secrets.token_hex(4)
        self.store = Watched()
        self.victim: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        settings = SimulatorSettings(s3_endpoint=self._s3_endpoint, **self._settings)
        self._simulator: SimulatorProcess = start_simulator(settings)
        self.gate = Gate(bedrock=self._simulator.endpoint, s3=self._s3_endpoint)
        self.gate.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.victim and self.victim.poll() is None:
            os.killpg(self.victim.pid, signal.SIGKILL)
            self.victim.communicate()
        self._simulator.close()
        self.gate.__exit__(*error)

    def environ(self) -> dict[str, str]:
        """Variables that lead a command here."""
        return {
            "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.gate.bedrock,
            "AWS_ENDPOINT_URL_S3": self.gate.s3,
            "SKUSCRIBE_BATCH_BUCKET": f"{BUCKET}/{self.folder}",
            "SKUSCRIBE_BATCH_ROLE_ARN": ROLE,
            "SKUSCRIBE_BATCH_LEAST_RECORDS": str(self.least),
            "SKUSCRIBE_BATCH_MOST_RECORDS": str(self.most),
            "SKUSCRIBE_BATCH_POLL_S": "0.05",
        }

    def counted(self) -> dict[str, Any]:
        """Give the simulator's counters."""
        return self._ask("counters")

    def behave(self, **settings: float) -> None:
        """Change how the simulator behaves: what it is asked for from now on goes by that."""
        self._ask("settings", settings)

    def limit(self, monkeypatch: Any, *, least: int, most: int) -> None:
        """Have other limits of records, here and for commands."""
        monkeypatch.setenv("SKUSCRIBE_BATCH_LEAST_RECORDS", str(least))
        monkeypatch.setenv("SKUSCRIBE_BATCH_MOST_RECORDS", str(most))
        self.behave(batch_least_records=least, batch_most_records=most)

    def advance(self, seconds: float) -> None:
        """Push its clock on."""
        self._ask("clock", {"advance_s": seconds})

    def pass_time(self, seconds: float) -> None:
        """Push its clock on so far at each look at a job."""
        self.gate.each("GetModelInvocationJob", lambda: self.advance(seconds))

    def jobs(self) -> list[dict[str, Any]]:
        """Give the batch jobs as the simulator lists them, the oldest first."""
        with urlopen(f"{self._simulator.endpoint}/model-invocation-jobs?maxResults=1000&sortOrder=Ascending") as answer:  # noqa: S310 - our own simulator
            return json.load(answer)["invocationJobSummaries"]

    def statuses(self) -> Counter[str]:
        """Count the batch jobs by status."""
        return Counter(job["status"] for job in self.jobs())

    def objects(self) -> list[str]:
        """Give the keys of this test's objects, as S3 lists them."""
        with urlopen(f"{self._s3_endpoint}/{BUCKET}?list-type=2&prefix={quote(self.folder)}/") as answer:  # noqa: S310 - as above
            return _S3.findall(answer.read().decode())

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command in a process of its own: the one that may be killed."""
        # What leads it here stands in the environment already, and maybe other limits.
        self.victim = started(SimpleNamespace(environ=dict), *arguments)
        return self.victim

    def interrupt(self) -> None:
        """Press Ctrl-C for the started command."""
        self.victim.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill -9 of the started command."""
        os.kill(self.victim.pid, signal.SIGKILL)

    def _ask(self, what: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if told is None else json.dumps(told).encode()
        url = f"{self._simulator.endpoint}/_simulator/{what}"
        with urlopen(Request(url, data=body), timeout=10) as answer:  # noqa: S310 - as above
            return json.load(answer)


def assert_accounts(batches: Batches, job: str, *, beyond_one: int = 0) -> Decimal:
    """Say that the ledger is what the simulator billed, no shard had two jobs and none is open; give what it cost."""
    counted, ask = batches.counted(), batches.store.ask
    by_lane = {"on-demand": counted["tokens"], "batch": counted["batch"]["tokens"]}
    tokens = {lane: [_sum(of_model, key) for key in _KEYS] for lane, of_model in by_lane.items()}
    query = (
        "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM attempts"  # noqa: S608 - ids of our own
        f" WHERE job_id = '{job}' AND outcome = 'ok' AND lane "
    )
    for where, lane, replies in (
        ("= 'batch'", "batch", counted["batch"]["succeeded"]),
        ("<> 'batch'", "on-demand", counted["ok"]),
    ):
        [(count, *found)] = ask(query + where)
        assert (count, [each or 0 for each in found]) == (replies, tokens[lane])
    assert counted["paid_by_task"]["beyond_one"] == beyond_one
    assert ask("SELECT item_id FROM attempts WHERE outcome = 'ok' GROUP BY item_id, purpose HAVING count(*) > 1") == []
    assert ask("SELECT attempt FROM attempts WHERE ended_at IS NULL") == []
    assert ask("SELECT name FROM shards WHERE state <> 'closed'") == []
    sent = {row[0] for row in ask("SELECT 'skuscribe-' || job_id || '-' || name FROM shards WHERE arn <> ''")}
    names = [job["jobName"] for job in batches.jobs()]
    assert len(names) == len(set(names)) == counted["batch"]["jobs"]
    assert set(names) == sent
    assert set(batches.statuses()) <= ENDED
    cost = sum((count * price for lane in USD for count, price in zip(tokens[lane], USD[lane], strict=True)), Decimal())
    [(spent, held)] = ask(f"SELECT spent_pico, held_pico FROM jobs WHERE id = '{job}'")  # noqa: S608 - as above
    assert (Decimal(spent).scaleb(-12), held) == (cost, 0)
    return cost


def assert_done(batches: Batches, summary: dict[str, Any], items: int, *, beyond_one: int = 0) -> None:
    """Say that every product has its copy, was paid for as the simulator counts, and is in the workbook."""
    assert (summary["state"], summary["stop_reason"]) == ("done", None)
    assert summary["items"]["done"] == summary["items"]["total"] == items == sum(summary["lanes"].values())
    assert summary["unconfirmed_attempts"] == 0
    cost = assert_accounts(batches, summary["job"], beyond_one=beyond_one)
    assert Decimal(summary["cost_usd"]) == cost == money_of(summary["outputs"]["report"])
    rows = table_of(summary["outputs"]["workbook"])
    assert len(rows) == items
    assert all(row["Image alt text"] and row["Skuscribe status"] == "done" for row in rows)
    assert sum(Decimal(str(row["Skuscribe cost (USD)"])) for row in rows) == cost


def _sum(of_models: dict[str, dict[str, int]], key: str) -> int:
    return sum(counts.get(key, 0) for counts in of_models.values())
