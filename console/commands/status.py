from __future__ import annotations

import click

from console.finish import show
from console.options import json_option
from console.output import say
from jobs.lifecycle import JobState
from worker.execution import is_running
from worker.summaries import summarise
from worker.wiring import wire


@click.command("status")
@click.argument("job")
@json_option
def command(job: str, *, as_json: bool) -> int:
    """Show one job as it stands."""
    parts = wire()
    record = parts.store.jobs.get(job)
    live = is_running(parts.settings, job)
    session = parts.store.totals.newest_session(job) if live else ""
    summary = summarise(parts.store, record, live_session=session)
    if record.message:
        say(record.message)
    if record.state is JobState.RUNNING and not live:
        say(f"It was interrupted; `skuscribe resume {job}` goes on with it.")
    if not as_json:
        for line in _lines(summary.items):
            click.echo(line)
    show(summary, as_json=as_json)
    return 0


def _lines(items: dict[str, int]) -> list[str]:
    return [f"{state:8} {count:>8,}" for state, count in items.items()]
