from __future__ import annotations

import click

from console.finish import as_it_stands, show
from console.options import json_option
from console.output import batch_line, say
from jobs.lifecycle import JobState
from worker.wiring import wire


@click.command("status")
@click.argument("job")
@json_option
def command(job: str, *, as_json: bool) -> int:
    """Show one job as it stands."""
    parts = wire()
    record = parts.store.jobs.get(job)
    summary = as_it_stands(parts, record)
    if record.message:
        say(record.message)
    if record.shared and record.state is JobState.RUNNING and not parts.store.sessions.workers():
        say("No worker is there: it waits for one.")
    if record.state is JobState.RUNNING and not parts.execution.is_running(job):
        say(f"It was interrupted; `skuscribe resume {job}` goes on with it.")
    if not as_json:
        for line in _lines(summary.items):
            click.echo(line)
        if line := batch_line(parts.store.shards.of_job(job)):
            click.echo(line)
    show(summary, as_json=as_json)
    return 0


def _lines(items: dict[str, int]) -> list[str]:
    return [f"{state:8} {count:>8,}" for state, count in items.items()]
