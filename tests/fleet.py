"""Three workers on real servers, a Bedrock to count by, and a wire to Redis that can be cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from cluster import Cluster
from command_line import ROOT, csv_file, many, table_of
from local_process import LocalProcess
from servers import Postgres, Redis
from stand_in import Counts, StandIn
from tcp_wire import Wire

TEMPLATE = "image-alt-text"
WORKERS = 3
#: Short, and yet so long that a busy machine lets no living worker pass for dead.
LEASE_S = 5.0
_PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How big a job is, and how fast: `concurrency` of each worker."""

    items: int
    concurrency: int
    latency_s: float


SMALL = Scale(items=200, concurrency=8, latency_s=0.3)
#: For `make test` and, the same with more of it, for `make test-slow`.
SCALES = (
    pytest.param(SMALL, id="200"),
    pytest.param(Scale(items=5000, concurrency=64, latency_s=1.0), id="5000", marks=pytest.mark.slow),
)


class Job:
    """A command that has a job run by the workers, and that job as the store has it."""

    def __init__(self, fleet: Fleet, process: subprocess.Popen[str], source: Path, items: int) -> None:
        self.fleet, self.process, self.source, self.items = fleet, process, source, items
        self.id = ""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store; `{job}` in the query stands for the job's id."""
        return self.fleet.ask(query.replace("{job}", f"'{self.id}'"))

    def has(self, query: str) -> Any:
        """Give the one value that a query finds."""
        [(value,)] = self.ask(query)
        return value

    @property
    def done(self) -> int:
        """How many items are done."""
        return self.has("SELECT count(*) FROM items WHERE job_id = {job} AND state = 'done'")

    def open_attempts(self) -> dict[str, int]:
        """Count the attempts without an end: session -> how many."""
        query = "SELECT session, count(*) FROM attempts WHERE job_id = {job} AND ended_at IS NULL GROUP BY session"
        return dict(self.ask(query))

    def under_way(self, share: float = 0.25) -> Self:
        """Wait until so much of it has been sent and all is still going on."""
        self.fleet.until(lambda: self.fleet.bedrock.counts.requests >= share * self.items)
        assert self.done < self.items
        return self

    def busiest(self) -> tuple[LocalProcess, str]:
        """Give the worker that has the most requests on their way, and its session."""
        by_process = {worker.pid: worker for worker in self.fleet.workers}

        def found() -> list[tuple[Any, ...]]:
            return self.ask(
                "SELECT s.process, s.id FROM attempts a JOIN sessions s ON s.id = a.session WHERE a.job_id = {job}"
                " AND a.ended_at IS NULL AND NOT s.ended GROUP BY s.id, s.process ORDER BY count(*) DESC LIMIT 1"
            )

        process, session = self.fleet.until(found)[0]
        return by_process[process], session

    def is_over(self, session: str) -> bool:
        """Whether a session has ended."""
        return bool(self.has(f"SELECT ended FROM sessions WHERE id = '{session}'"))  # noqa: S608 - a name of our own

    def sessions(self) -> set[str]:
        """Name the sessions that have sent requests of it."""
        return {row[0] for row in self.ask("SELECT DISTINCT session FROM attempts WHERE job_id = {job}")}

    def ended(self) -> dict[str, Any]:
        """Wait for the command's good end; give what it printed."""
        outcome = self.fleet.outcome(self.process)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return json.loads(outcome.stdout)


class Fleet:
    """The workers and all that they need; one of them serves many tests, one after the other."""

    def __init__(self, folder: Path, bedrock: Any = None, *, lease_s: float = LEASE_S) -> None:
        self._stack = ExitStack()
        self._commands: list[subprocess.Popen[str]] = []
        self.bedrock = self._stack.enter_context(bedrock or StandIn())
        self.redis = self._stack.enter_context(Redis(persistent=True))
        self.postgres = self._stack.enter_context(Postgres())
        self.wire = self._stack.enter_context(Wire(self.redis.port))
        environ = {
            **self.bedrock.environ(),
            "AWS_CONFIG_FILE": str(folder / "no-aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-aws-credentials"),
            "SKUSCRIBE_BROKER_URL": f"redis://127.0.0.1:{self.wire.port}/0",
            "SKUSCRIBE_LEASE_S": str(lease_s),
        }
        self.cluster = Cluster(
            folder,
            workers=WORKERS,
            without=("web", "beat"),
            environ=environ,
            redis=self.redis,
            postgres=self.postgres,
        )

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(self.cluster)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def workers(self) -> list[LocalProcess]:
        """The workers that live."""
        return [worker for worker in self.cluster.workers if worker.running]

    def made_well(self) -> None:
        """Put right what the last test broke, and count anew."""
        for server in (self.redis, self.postgres):
            if not server.running:
                server.start()
        for worker in self.workers:
            worker.cont()
        while len(self.workers) < WORKERS:
            self.cluster.start_worker()
        # What no test waited for: the lease of a killed worker, the job of a test that failed.
        self.ask("UPDATE jobs SET stop_wanted = 'user' WHERE state = 'running'")
        self.until(lambda: not self.ask("SELECT id FROM jobs WHERE state = 'running'"))
        self.until(lambda: self.live_sessions() == {worker.pid for worker in self.workers})
        self.count_anew()

    def count_anew(self) -> None:
        """Have a Bedrock that is well, and count from 0."""
        self.until(lambda: not self.bedrock.counts.in_flight)
        self.bedrock.counts = Counts()
        self.bedrock.always, self.bedrock.latency_s = None, SMALL.latency_s

    def live_sessions(self) -> set[int]:
        """Name the workers' processes as the store knows them."""
        return {row[0] for row in self.ask("SELECT process FROM sessions WHERE NOT ended AND kind = 'worker'")}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        return self.postgres.run(query, self.cluster.environ["SKUSCRIBE_DATABASE_URL"].rpartition("/")[2])

    def start(self, *arguments: object, **environ: str) -> subprocess.Popen[str]:
        """Start a command that has this fleet do its work."""
        process = subprocess.Popen(
            [sys.executable, "-m", "console.main", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.cluster.environ, **environ},
        )
        self._commands.append(process)
        return process

    def outcome(self, process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
        """Wait for a command's end."""
        try:
            out, err = process.communicate(timeout=2 * _PATIENCE_S)
        finally:
            process.kill()
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def end_commands(self) -> None:
        """End what a test that failed did not wait for."""
        for process in self._commands:
            process.kill()
            if process.stdout and not process.stdout.closed:
                process.communicate()
        self._commands.clear()

    def said(self, *arguments: object) -> dict[str, Any]:
        """Run a command to its good end; give the object that it prints."""
        outcome = self.outcome(self.start(*arguments, "--json"))
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return json.loads(outcome.stdout)

    def run(self, folder: Path, scale: Scale, *more: object) -> Job:
        """Start `skuscribe run` and wait until its job is in the store."""
        self.bedrock.latency_s = scale.latency_s
        source = csv_file(folder / "things.csv", many(scale.items))
        before = self.newest_job()
        arguments = ("--template", TEMPLATE, "--fresh", "--concurrency", scale.concurrency, "--yes", "--json")
        job = Job(self, self.start("run", source, "--out", folder / "out.csv", *arguments, *more), source, scale.items)
        self.until(lambda: job.process.poll() is not None or self.newest_job() != before)
        job.id = self.newest_job()
        assert job.id != before, self.outcome(job.process)
        return job

    def newest_job(self) -> str:
        """Name the job that was planned last."""
        found = self.ask("SELECT id FROM jobs WHERE planned AND kind = 'run' ORDER BY created_at DESC LIMIT 1")
        return found[0][0] if found else ""

    def quiet(self, for_s: float = 1.0) -> None:
        """Wait until no request has come for a while."""
        since_s = time.monotonic()

        def is_quiet() -> bool:
            moments_s = self.bedrock.counts.moments_s
            return time.monotonic() - max(since_s, moments_s[-1] if moments_s else 0.0) > for_s

        self.until(is_quiet)

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for something; give what it was."""
        until_s = time.monotonic() + _PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < until_s, "that moment never came"
            time.sleep(0.02)
        return found

    def logs(self) -> dict[str, str]:
        """Give the end of each worker's log."""
        return {worker.name: worker.last_lines(60) for worker in self.cluster.workers}


def assert_whole(job: Job, summary: dict[str, Any], *, killed: set[str] = frozenset(), twice: int = 0) -> None:
    """Say that nothing was lost and nothing bought twice.

    `killed`: sessions that were, so that their attempts have no end; `twice`: how many more may be bought twice.
    """
    lost = job.open_attempts()
    assert set(lost) <= killed
    lost_count, items, counts = sum(lost.values()), job.items, job.fleet.bedrock.counts
    assert summary["items"]["done"] == summary["items"]["total"] == items
    assert summary["unconfirmed_attempts"] == lost_count
    assert len(counts.answers) == items
    assert sum(counts.answers.values()) - items <= lost_count + twice
    assert_ledger_agrees(job, lost_count)
    assert not job.ask("SELECT id FROM chunks WHERE job_id = {job} AND state <> 'done'")
    rows = table_of(summary["outputs"]["workbook"])
    assert len(rows) == items
    assert all(row["Image alt text"] and row["Skuscribe status"] == "done" for row in rows)


def assert_ledger_agrees(job: Job, lost: int = 0) -> None:
    """Say that the ledger agrees with the stand-in's own count, but for attempts that were lost."""
    counts = job.fleet.bedrock.counts
    [(starts, answers, tokens)] = job.ask(
        "SELECT count(*), count(*) FILTER (WHERE outcome = 'ok'), coalesce(sum(input_tokens + output_tokens), 0)"
        " FROM attempts WHERE job_id = {job}"
    )
    assert starts - lost <= counts.requests <= starts
    assert answers <= sum(counts.answers.values()) <= answers + lost
    paid = counts.input_tokens + counts.output_tokens
    assert paid == tokens if not lost else paid >= tokens
    [(spent, cost, held)] = job.ask(
        "SELECT spent_pico, (SELECT sum(cost_pico) FROM attempts WHERE job_id = {job}), held_pico"
        " FROM jobs WHERE id = {job}"
    )
    assert spent == cost
    assert (held > 0) == (lost > 0)
