"""The Celery application: `celery --app worker.celery_app worker` and `beat`.

A task does not do the work: it hands a chunk to this process's host and returns when all its items are with senders, or
when the process is to end. Nothing is lost with a task that dies, so none is ever repeated by Celery.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from celery import signals

from jobs.store.database import StoreLostError
from templates.errors import SkuscribeError
from worker.celery_broker import DELIVER, RUN_BATCH, RUN_CHUNK, TICK, celery_on
from worker.hearing import Hearing
from worker.hosting import Hosting
from worker.logs import set_up_logs
from worker.wiring import wire_worker

_LOG = logging.getLogger("skuscribe.worker")
#: Threads that chunks of bulk work leave free, for what is urgent and for control.
_KEPT_FREE = 4


def _wired() -> Hosting:
    try:
        return wire_worker()
    except SkuscribeError as error:
        # Celery would show a traceback of its import.
        sys.stderr.write(f"{error.message} {error.fix}\n")
        raise SystemExit(error.exit_code) from error


_hosting = _wired()
app = celery_on(_hosting.settings.broker_url)
app.steps["consumer"].add(Hearing)


@app.task(name=RUN_CHUNK)
def run_chunk(chunk_id: int) -> None:
    """Have a chunk run by this process."""
    try:
        _hosting.host.run_chunk(chunk_id)
    except SoftTimeLimitExceeded:
        # Its items are with the senders: their replies are kept whether this task waits for them or not.
        _LOG.info("the time limit ended the wait for a chunk", extra={"chunk": chunk_id})
    except StoreLostError as error:
        # The sweep finds what was queued, and what was claimed by an answer that never came.
        _LOG.warning("a chunk waits: %s", error.message, extra={"chunk": chunk_id})


@app.task(name=RUN_BATCH)
def run_batch(job_id: str) -> None:
    """Do what is due of a job's batch lane."""
    try:
        _hosting.run_batch(job_id)
    except SoftTimeLimitExceeded:
        _LOG.info("the time limit ended the work on a batch job", extra={"job": job_id})
    except StoreLostError as error:
        _LOG.warning("a batch job waits: %s", error.message, extra={"job": job_id})


@app.task(name=DELIVER)
def deliver(job_id: str) -> None:
    """Write the files of a job that nobody waits for."""
    try:
        _hosting.deliver(job_id)
    except StoreLostError as error:
        _LOG.warning("results are not written yet: %s", error.message, extra={"job": job_id})


@app.task(name=TICK)
def tick() -> None:
    """Do what is due."""
    try:
        _hosting.tick.run()
    except StoreLostError as error:
        _LOG.warning("the next tick does what is due: %s", error.message)


@signals.setup_logging.connect
def _log_as_we_do(**_: Any) -> None:
    set_up_logs(_hosting.settings.log)


@signals.worker_init.connect
def _begin(sender: Any, **_: Any) -> None:
    _hosting.begin(slots=max(1, sender.concurrency - _KEPT_FREE))


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    # In a thread of its own: this is a signal handler, and whoever it interrupted may hold a lock.
    threading.Thread(target=_hosting.stop, name="stop", daemon=True).start()


@signals.worker_shutdown.connect
def _close(**_: Any) -> None:
    _hosting.close()
