from __future__ import annotations

import click

from console.commands.resume import checked_cap, idle_job, take_up
from console.options import json_option, new_budget_option, password_option
from console.output import say
from worker.wiring import wire


@click.command("retry")
@click.argument("job")
@new_budget_option
@password_option
@json_option
def command(job: str, *, budget: str | None, password: str, as_json: bool) -> int:
    """Write only the failed and flagged items of a job again."""
    parts = wire(password=password)
    record = idle_job(parts, job)
    cap = checked_cap(parts, record, budget)
    again = parts.store.items.reopen(job)
    # What is written again may be enough for batch jobs, where those are the job's lane.
    parts.store.jobs.change(job, rest_lane=None)
    record = parts.store.jobs.get(job)
    say(f"{again} items are written again.")
    return take_up(parts, record, cap=cap, as_json=as_json)
