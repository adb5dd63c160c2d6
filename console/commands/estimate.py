from __future__ import annotations

from typing import Any

import click

from console.options import one_model, shared_options, spec_of
from console.output import estimate_line, print_json, say, say_notes, summary_json
from jobs.estimate import Estimate
from jobs.money import plain
from worker.summaries import summarise
from worker.wiring import wire


@click.command("estimate")
@click.argument("source")
@shared_options
def command(
    source: str,
    *,
    as_json: bool,
    yes: bool,  # noqa: ARG001 - taken and not needed
    password: str,
    **options: Any,
) -> int:
    """Say what `run` would cost: items, tokens and dollars by lane. Nothing is sent."""
    parts = wire(password=password)
    draft = parts.preparation.draft(source, one_model(spec_of(options)))
    for line in draft.said:
        say(line)
    plan = parts.preparation.plan(draft, kind="estimate")
    say_notes(plan.notes)
    try:
        summary = summarise(parts.store, parts.store.jobs.get(plan.job_id))
    finally:
        parts.store.jobs.drop(plan.job_id)
    if as_json:
        chosen = plan.chosen
        print_json(
            {
                **summary_json(summary),
                "cost_usd": None,
                "lanes": {plan.choice.lane: chosen.items} if chosen.items else {},
                "estimate_low_usd": _money(chosen.low_usd),
                "estimate_high_usd": _money(chosen.high_usd),
                "estimates": {lane: _lane(one) for lane, one in plan.lanes.items()},
            }
        )
        return 0
    states = ", ".join(f"{count} {state}" for state, count in summary.items.items() if count)
    click.echo(f"{states or 'no'} items")
    for lane, one in plan.lanes.items():
        click.echo(estimate_line(lane, one, out=plan.choice.ruled_out.get(lane, "")))
    click.echo(plan.choice.line)
    return 0


def _lane(estimate: Estimate) -> dict[str, Any]:
    return {
        "items": estimate.items,
        "input_tokens": estimate.input_tokens,
        "output_tokens": estimate.output_tokens,
        "usd": _money(estimate.usd),
        "low_usd": _money(estimate.low_usd),
        "high_usd": _money(estimate.high_usd),
    }


def _money(amount: Any) -> str | None:
    return None if amount is None else plain(amount)
