"""What is printed: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from jobs.estimate import Estimate
from jobs.money import plain
from jobs.results import Summary
from jobs.store.shard_table import ShardRecord, ShardState
from templates.errors import SkuscribeError


def say(line: str) -> None:
    """Tell the person at the keyboard; never on stdout."""
    click.echo(line, err=True)


def say_notes(notes: Iterable[str]) -> None:
    """Say what should be known, a line each."""
    for note in notes:
        say(f"Note: {note}")


def print_json(value: Mapping[str, Any]) -> None:
    """Print the one JSON object of a command."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def error_json(error: SkuscribeError) -> dict[str, Any]:
    """Give the object of an error."""
    return {"error": {"code": error.code, "message": error.message, "fix": error.fix}}


def say_error(error: SkuscribeError, *, as_json: bool) -> None:
    """Say what went wrong and how to mend it."""
    if as_json:
        print_json(error_json(error))
        return
    say(f"Error: {error.message}")
    if error.fix:
        say(f"       {error.fix}")


def summary_json(summary: Summary) -> dict[str, Any]:
    """Give the object of `run --json` (design 4.1)."""
    usage = summary.usage
    return {
        "job": summary.job,
        "state": summary.state,
        "stop_reason": summary.stop_reason,
        "source": summary.source,
        "items": summary.items,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "cost_usd": None if summary.cost_usd is None else plain(summary.cost_usd),
        "unpriced_items": summary.unpriced_items,
        "unconfirmed_attempts": summary.unconfirmed_attempts,
        "unconfirmed_usd": plain(summary.unconfirmed_usd),
        "estimate_usd": None if summary.estimate_usd is None else plain(summary.estimate_usd),
        "saved_usd": None if summary.saved_usd is None else plain(summary.saved_usd),
        "lane": summary.choice.as_values() if summary.choice else None,
        "lanes": summary.lanes,
        "requests": summary.requests,
        "throttled": summary.throttled,
        "seconds": summary.seconds,
        "simulated": summary.simulated,
        "outputs": {**summary.outputs, "publish": summary.publish} if summary.publish else summary.outputs,
    }


def summary_lines(summary: Summary) -> list[str]:
    """Say a job's summary in a few lines."""
    counts = ", ".join(f"{count} {state}" for state, count in summary.items.items() if state != "total" and count)
    lines = [f"Job {summary.job}: {_state(summary)}. {summary.items['total']} items{f': {counts}' if counts else ''}."]
    if summary.items["total"] == 0:
        lines.append("There was no product to write for; nothing was spent.")
    else:
        usage = summary.usage
        tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
        lines.append(
            f"Cost: {dollars(summary)} ({tokens}, {summary.requests:,} requests, {summary.throttled:,} throttled)."
        )
    if summary.saved_usd:
        lines.append(f"Saved ${plain(summary.saved_usd)} against the same tokens on demand.")
    if summary.unconfirmed_attempts:
        lines.append(
            f"{summary.unconfirmed_attempts} requests never had an answer; they may have cost up to "
            f"${plain(summary.unconfirmed_usd)} more."
        )
    lines += [f"{name.capitalize()}: {path}" for name, path in summary.outputs.items() if path]
    lines += [f"Publish file for {name}: {path}" for name, path in summary.publish.items()]
    return lines


def batch_line(shards: Sequence[ShardRecord]) -> str:
    """Say in a line how many of a job's batch jobs stand how, by Bedrock's own words; "" where it has none."""
    if not shards:
        return ""
    in_turn = sorted(shards, key=lambda shard: (list(ShardState).index(shard.state), shard.status))
    told = ", ".join(f"{count:,} {standing}" for standing, count in Counter(map(_standing, in_turn)).items())
    sent = [shard for shard in shards if shard.arn]
    records = sum(shard.records for shard in sent)
    # What Bedrock counts is seen when a job is looked at; what has been harvested is known.
    processed = sum(max(shard.processed, shard.replied + shard.errors) for shard in sent)
    return f"Batch jobs: {told}{f'; {processed:,} of {records:,} records processed' if sent else ''}."


def _standing(shard: ShardRecord) -> str:
    if not shard.arn:
        return "never sent" if shard.state is ShardState.CLOSED else shard.state
    unread = " and not harvested" if shard.state is ShardState.ENDED else ""
    return f"{shard.status or shard.state}{unread}"


def dollars(summary: Summary) -> str:
    """Say a job's cost, with what could not be priced."""
    what = " simulated" if summary.simulated else ""
    if summary.cost_usd is None:
        return f"not known: {summary.unpriced_items} items have no price"
    unpriced = f", and {summary.unpriced_items} items without a price" if summary.unpriced_items else ""
    return f"${plain(summary.cost_usd)}{what}{unpriced}"


def estimate_line(lane: str, estimate: Estimate, *, out: str = "") -> str:
    """Say what a lane would cost, and why it is not taken where something hinders it."""
    told = [f"{estimate.items:,} items, {estimate.input_tokens:,} tokens in, {estimate.output_tokens:,} out"]
    if estimate.usd is not None and estimate.low_usd is not None and estimate.high_usd is not None:
        low, high = round(estimate.low_usd, 4), round(estimate.high_usd, 4)
        told.append(f"about ${round(estimate.usd, 4)} (${low} to ${high})")
    elif not out:
        told.append("no price is known for this model here")
    return f"{lane}: {', '.join(told)}{f'; not taken: {out}' if out else ''}"


def _state(summary: Summary) -> str:
    reasons = {
        "cap": "stopped at its budget",
        "user": "stopped",
        "signal": "stopped",
        "deadline": "stopped at its deadline",
    }
    return reasons.get(summary.stop_reason or "", summary.state)
