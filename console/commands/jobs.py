from __future__ import annotations

import click

from console.finish import as_it_stands
from console.options import json_option
from console.output import dollars, print_json, summary_json
from worker.wiring import wire


@click.command("jobs")
@json_option
def command(*, as_json: bool) -> int:
    """List the jobs, newest first."""
    parts = wire()
    summaries = [(job, as_it_stands(parts, job)) for job in parts.store.jobs.list()]
    if as_json:
        print_json({"jobs": [summary_json(summary) for _, summary in summaries]})
        return 0
    if not summaries:
        click.echo("There are no jobs yet.")
    for job, summary in summaries:
        finished = summary.items["total"] - summary.items["pending"]
        click.echo(
            f"{job.id}  {job.created_at[:16].replace('T', ' ')}  {summary.stop_reason or summary.state:8}  "
            f"{finished}/{summary.items['total']} items  {dollars(summary)}  {job.source}"
        )
    return 0
