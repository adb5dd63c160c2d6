from __future__ import annotations

import time

import click

from console.finish import as_it_stands, show
from console.options import json_option
from console.output import say
from jobs.lifecycle import StopReason
from worker.wiring import wire

_PATIENCE_S = 10.0


@click.command("stop")
@click.argument("job")
@json_option
def command(job: str, *, as_json: bool) -> int:
    """Stop a job so that it can be resumed: nothing more is sent, the replies on their way are kept."""
    parts = wire()
    record = parts.store.jobs.get(job)
    if not parts.execution.is_running(job):
        # Its batch jobs may go on at Bedrock without anybody here.
        if not parts.stopping.stop(job, say):
            say(f"The job {job} is not running.")
    else:
        parts.store.jobs.want_stop(job, StopReason.USER)
        # Where no worker is there to see it, the job is stopped by this.
        parts.tick.run()
        until_s = time.monotonic() + _PATIENCE_S
        while parts.execution.is_running(job) and time.monotonic() < until_s:
            time.sleep(0.1)
        record = parts.store.jobs.get(job)
        say(f"`skuscribe resume {job}` goes on with it.")
    show(as_it_stands(parts, record), as_json=as_json)
    return 0
