"""Three workers on real servers and the simulator with S3, which runs their batch jobs and counts by itself."""

from __future__ import annotations

import json
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import psycopg
from command_line import csv_file, table_of
from fleet import TEMPLATE, Fleet, Job
from local_process import LocalProcess

from worker.simulator.process import SimulatorProcess, start_simulator
from worker.simulator.settings import SimulatorSettings

ITEMS = 400
LEAST, MOST = 20, 100
SHARDS = ITEMS // MOST
#: A shard that a living worker loses costs nothing, so that this may be shorter than for requests.
LEASE_S = 3.0
#: How jobs run unless a test says otherwise: long enough that several are under way at a time.
USUAL = {"batch_s": 1.0, "batch_error_rate": 0.0, "batch_slots": 100}
#: What is written while a shard is in a state.
_WRITES = {"planned": "attempt_starts", "ended": "attempt_ends"}


class Simulated:
    """The simulator as a Bedrock of a fleet."""

    def __enter__(self) -> Self:
        settings = SimulatorSettings(s3=1, batch_least_records=LEAST, batch_most_records=MOST, **USUAL)
        self._process: SimulatorProcess = start_simulator(settings)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.close()

    def environ(self) -> dict[str, str]:
        """Variables that lead the workers and commands to it."""
        return {
            "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self._process.endpoint,
            "AWS_ENDPOINT_URL_S3": self._process.s3_endpoint,
            "SKUSCRIBE_BATCH_BUCKET": "skuscribe-simulated/fleet",
            "SKUSCRIBE_BATCH_ROLE_ARN": "arn:aws:iam::123456789012:role/skuscribe-simulated",
            "SKUSCRIBE_BATCH_LEAST_RECORDS": str(LEAST),
            "SKUSCRIBE_BATCH_MOST_RECORDS": str(MOST),
            "SKUSCRIBE_BATCH_POLL_S": "0.5",
        }

    def counted(self) -> dict[str, Any]:
        """Give its counters."""
        return self._ask("counters")

    def behave(self, **settings: float) -> None:
        """Change how it behaves."""
        self._ask("settings", settings)

    def freeze(self) -> None:
        """Let it and its S3 answer nobody; what reaches it meanwhile it does afterwards."""
        self._process.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End that."""
        self._process.process.send_signal(signal.SIGCONT)

    def _ask(self, what: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if told is None else json.dumps(told).encode()
        url = f"{self._process.endpoint}/_simulator/{what}"
        with urlopen(Request(url, data=body), timeout=10) as answer:  # noqa: S310 - our own simulator
            return json.load(answer)


class BatchFleet(Fleet):
    """A fleet whose jobs go the batch lane."""

    bedrock: Simulated

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Simulated(), lease_s=LEASE_S)
        self.before: dict[str, Any] = {}

    def count_anew(self) -> None:
        """Have a simulator that behaves as usual, and count from what it has counted."""
        self.bedrock.go_on()
        self.bedrock.behave(**USUAL)
        self.before = self.bedrock.counted()

    def run_batch(self, folder: Path, *more: object, items: int = ITEMS) -> Job:
        """Start `skuscribe run --lane batch` on products that no other test has, and wait until it is in the store."""
        mark, before = secrets.token_hex(3), self.newest_job()
        rows = [("SKU", "Title"), *((f"{mark}{at:05}", f"Thing number {at} of {mark}") for at in range(items))]
        source = csv_file(folder / f"{mark}.csv", rows)
        arguments = ("--template", TEMPLATE, "--fresh", "--lane", "batch", "--yes", "--json", *more)
        job = Job(self, self.start("run", source, "--out", folder / f"{mark}.out.csv", *arguments), source, items)
        self.until(lambda: job.process.poll() is not None or self.newest_job() != before)
        job.id = self.newest_job()
        assert job.id != before, self.outcome(job.process)
        return job

    @property
    def database_url(self) -> str:
        """Where the store is."""
        return self.cluster.environ["SKUSCRIBE_DATABASE_URL"]

    def counted(self) -> dict[str, int]:
        """What the simulator has counted since this test began."""
        now = self.bedrock.counted()
        of = {"jobs": ("batch", "jobs"), "records": ("batch", "succeeded"), "requests": ("ok",)}
        of |= {name: ("paid_by_task", name) for name in ("prompts", "beyond_one")}
        return {name: _at(now, path) - _at(self.before, path) for name, path in of.items()} | {
            "tokens": _tokens(now) - _tokens(self.before)
        }

    @contextmanager
    def holding(self, state: str) -> Iterator[Callable[[Job], LocalProcess]]:
        """Have workers held up while they work on shards in some state.

        Gives what waits until one is, and gives that one.
        """
        if state in _WRITES:
            # Whoever writes there waits for us, or dies before it is done.
            with suppress(psycopg.OperationalError), psycopg.connect(self.database_url) as lock:
                lock.execute(f"LOCK TABLE {_WRITES[state]} IN EXCLUSIVE MODE")
                yield lambda job: self.until(lambda: self.holder(job, state))
            return
        self.bedrock.behave(batch_slots=0 if state == "ready" else USUAL["batch_slots"])
        try:
            yield lambda job: self._frozen_at(job, state)
        finally:
            self.bedrock.go_on()

    def _frozen_at(self, job: Job, state: str) -> LocalProcess:
        # Whoever is still preparing another would be held up there.
        self.until(lambda: self.has_shard(job, state) and not self.has_shard(job, "planned"))
        self.bedrock.behave(batch_slots=USUAL["batch_slots"])
        self.bedrock.freeze()
        return self.until(lambda: self.holder(job, state))

    def holder(self, job: Job, state: str) -> Any:
        """Give the worker that has a shard of a job in some state, None when nobody has."""
        by_process = {worker.pid: worker for worker in self.workers}
        query = (
            "SELECT s.process FROM shards h JOIN sessions s ON s.id = h.session"  # noqa: S608 - words of our own
            f" WHERE h.job_id = {{job}} AND h.state = '{state}' AND NOT s.ended"
        )
        return next((by_process[row[0]] for row in job.ask(query) if row[0] in by_process), None)

    def has_shard(self, job: Job, state: str) -> bool:
        """Whether a shard of a job is in some state."""
        return bool(job.has(f"SELECT count(*) FROM shards WHERE job_id = {{job}} AND state = '{state}'"))  # noqa: S608


def assert_all_done(job: Job, summary: dict[str, Any]) -> None:
    """Say that every product has its copy, and that the result holds it."""
    assert (summary["job"], summary["state"]) == (job.id, "done")
    assert summary["items"]["done"] == summary["items"]["total"] == job.items
    assert summary["unconfirmed_attempts"] == 0
    rows = table_of(summary["outputs"]["workbook"])
    assert len(rows) == job.items
    assert all(row["Image alt text"] and row["Skuscribe status"] == "done" for row in rows)


def assert_accounts(fleet: BatchFleet, *jobs: Job) -> None:
    """Say that the ledger is what the simulator billed, and that no shard has had two jobs."""
    counted = fleet.counted()
    among = ", ".join(f"'{job.id}'" for job in jobs)
    [(replies, tokens, still_open)] = fleet.ask(
        "SELECT count(*) FILTER (WHERE outcome = 'ok'), sum(input_tokens + output_tokens),"  # noqa: S608 - ids of our own
        f" count(*) FILTER (WHERE ended_at IS NULL) FROM attempts WHERE job_id IN ({among})"
    )
    assert still_open == 0
    assert replies == counted["records"] + counted["requests"]
    assert tokens == counted["tokens"]
    assert counted["prompts"] == sum(job.items for job in jobs)
    sent = fleet.ask(f"SELECT arn FROM shards WHERE job_id IN ({among}) AND arn <> ''")  # noqa: S608 - as above
    assert counted["jobs"] == len(sent) == len(set(sent))
    assert not fleet.ask(f"SELECT id FROM shards WHERE job_id IN ({among}) AND state <> 'closed'")  # noqa: S608 - as above
    for job in jobs:
        [(spent, cost, held)] = job.ask(
            "SELECT spent_pico, (SELECT sum(cost_pico) FROM attempts WHERE job_id = {job}), held_pico"
            " FROM jobs WHERE id = {job}"
        )
        assert (spent, held) == (cost, 0)


def _at(counters: dict[str, Any], path: tuple[str, ...]) -> int:
    value: Any = counters
    for name in path:
        value = value[name]
    return int(value)


def _tokens(counters: dict[str, Any]) -> int:
    return sum(
        counts.get("inputTokens", 0) + counts.get("outputTokens", 0)
        for of_lane in (counters["tokens"], counters["batch"]["tokens"])
        for counts in of_lane.values()
    )
