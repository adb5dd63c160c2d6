"""The Celery task itself, in a worker inside this process: called twice at a time, and cut off by a time limit."""

from __future__ import annotations

import ctypes
import importlib
import sys
import threading

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from command_line import csv_file, many
from fleet import SMALL, TEMPLATE

pytestmark = pytest.mark.servers

ITEMS = 40


@pytest.fixture
def job(fleet, skuscribe, tmp_path, monkeypatch):
    """A job of one chunk that no worker of the fleet hears of."""
    for name, value in fleet.bedrock.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SKUSCRIBE_BROKER_URL", f"redis://127.0.0.1:{fleet.redis.port}/1")
    source = csv_file(tmp_path / "things.csv", many(ITEMS))
    run = ("run", source, "--template", TEMPLATE, "--concurrency", SMALL.concurrency, "--detach", "--yes")
    return skuscribe.json(*run)["job"]


@pytest.fixture
def worker(job, monkeypatch):  # noqa: ARG001 - it begins with a job to do
    """The worker's module, its host begun."""
    monkeypatch.delitem(sys.modules, "worker.celery_app", raising=False)
    module = importlib.import_module("worker.celery_app")
    module._hosting.begin(slots=4)
    yield module
    module._hosting.close()


def only(found):
    first, *others = found
    return None if others else first


def test_a_chunk_that_is_run_many_times_is_run_once_and_a_time_limit_loses_no_reply(fleet, job, worker, skuscribe):
    tasks = [threading.Thread(target=worker.run_chunk, args=(1,)) for _ in range(3)]
    for task in tasks:
        task.start()
    fleet.until(lambda: fleet.bedrock.counts.in_flight > 1)
    waiting = fleet.until(lambda: only(task for task in tasks if task.is_alive()))
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(waiting.ident), ctypes.py_object(SoftTimeLimitExceeded)
    )
    waiting.join(10)
    assert not waiting.is_alive()
    # Its items are with the senders, or about to be.
    assert len(fleet.bedrock.counts.answers) < ITEMS
    worker.run_chunk(1)
    fleet.until(lambda: skuscribe.json("status", job)["state"] == "done")
    summary = skuscribe.json("status", job)
    assert (summary["items"]["done"], summary["requests"], summary["unconfirmed_attempts"]) == (ITEMS, ITEMS, 0)
    assert set(fleet.bedrock.counts.answers.values()) == {1}
