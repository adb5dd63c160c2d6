from __future__ import annotations

import sys
from datetime import date
from functools import partial

import click

from outputs.costs import COST_FORMATS, render_costs
from templates.errors import UserError, nearest
from worker.wiring import wire

_DIMENSIONS = ("day", "model", "job", "template", "owner", "lane", "locale", "realm")


def _day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    if not value:
        return ""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UserError(f'"{value}" is not a date.', fix="Write it as 2026-11-30.", code="date") from error


def _by(_ctx: click.Context, _param: click.Parameter, value: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    for name in names:
        if name not in _DIMENSIONS:
            raise UserError(
                f'Costs cannot be shown by "{name}".{nearest(name, _DIMENSIONS)}',
                fix=f"Choose from {', '.join(_DIMENSIONS)}.",
                code="by",
            )
    return names


@click.command("costs")
@click.option("--by", default="job", show_default=True, callback=_by, metavar="day,model,…", help="What to sum by.")
@click.option("--from", "since", callback=_day, metavar="DATE", help="First day (UTC).")
@click.option("--to", "until", callback=_day, metavar="DATE", help="Last day (UTC).")
@click.option("--format", "format_name", default="table", metavar="|".join(COST_FORMATS), help="How to write it.")
@click.option("--simulated", is_flag=True, help="What the simulator would have cost, instead of what was spent.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(*, by: list[str], since: str, until: str, format_name: str, simulated: bool, as_json: bool) -> int:
    """Say what was spent, by day, model, job, template, owner, lane or locale."""
    totals = wire().store.totals
    if since and until and since > until:
        raise UserError(f"--from {since} is after --to {until}.", fix="Swap them.", code="date")
    asked = partial(totals.costs, since=since, until=until)
    realms = [str(row["realm"]) for row in asked(("realm",), simulated=simulated)]
    if len(realms) > 1 and "realm" not in by:
        # Money of different places is never added up in a row.
        by = ["realm", *by]
    rows, total = asked(by, simulated=simulated), asked((), simulated=simulated)
    realm = ", ".join(realms) or ("simulated" if simulated else "aws")
    format_name = "json" if as_json else format_name
    notes = ["The total is that of all these realms."] if len(realms) > 1 else []
    if format_name == "table":
        others = [str(row["realm"]) for row in asked(("realm",), simulated=not simulated)]
        if others and simulated:
            notes.append(f"What was spent at {' and '.join(others)} is shown without --simulated.")
        elif others:
            notes.append("Simulated costs are shown with --simulated.")
    sys.stdout.buffer.write(render_costs(rows, total[0], realm, format_name=format_name, note=" ".join(notes)))
    return 0
