from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from console.finish import drop_unsent, exit_code, summarised
from console.options import shared_options, spec_of
from console.output import print_json, say, say_notes, summary_json, summary_lines
from console.signals import stopped_by_signals
from console.voice import Voice
from jobs.money import plain
from jobs.results import ItemResult
from jobs.spec import JobSpec
from jobs.store.item_table import OpenItem
from templates.errors import AccessError, UserError
from worker.execution import Watch
from worker.wiring import wire

_PRODUCTS = 3


@click.command("preview")
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
    """Write the copy of the first products and print it as it comes.

    --rows 3 takes the first 3 products, --rows 5-9 those rows; several --model give them side by side.
    `run` reuses what a preview bought.
    """
    spec, most = _first_products(spec_of(options))
    parts = wire(password=password)
    draft = parts.preparation.draft(source, spec)
    for line in draft.said:
        say(line)
    plan = parts.preparation.plan(draft, kind="preview", most_products=most)
    say_notes(plan.notes)
    voices = _Voices(silent=as_json)
    with stopped_by_signals() as stop:
        try:
            parts.execution.run(plan.job_id, Watch(stop=stop, warn=lambda text: say(f"Note: {text}"), show=voices.show))
        except (AccessError, UserError):
            drop_unsent(parts, plan.job_id)
            raise
        finally:
            voices.end()
    summary = summarised(parts, plan.job_id)
    results = list(parts.store.items.results(plan.job_id))
    if as_json:
        print_json({**summary_json(summary), "products": [_as_json(result) for result in results]})
    else:
        _print(results)
        for line in summary_lines(summary):
            say(line)
    return exit_code(summary)


def _first_products(spec: JobSpec) -> tuple[JobSpec, int | None]:
    if spec.lane == "batch":
        # A job file may name the lane of its run; a preview is there to be looked at now.
        spec = replace(spec, lane="auto")
    if not spec.rows:
        return spec, _PRODUCTS
    if spec.rows.strip().isdecimal():
        most = int(spec.rows)
        if not most:
            raise UserError("--rows 0 shows nothing.", fix="Give --rows 3 for 3 products.", code="rows")
        return replace(spec, rows=""), most
    return spec, None


class _Voices:
    """Prints the text of one item after the other."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._speaking: int | None = None
        self._voice = Voice(lambda text: click.echo(text, nl=False))

    def show(self, item: OpenItem, text: str) -> None:
        """Print a piece of an item's answer as it comes."""
        if self._silent:
            return
        if self._speaking != item.id:
            self.end()
            self._speaking = item.id
            locale = f" [{item.locale}]" if item.locale else ""
            click.secho(f"\nRow {item.row}, {item.key}: {item.template}{locale}, {item.model}", bold=True)
            self._voice = Voice(lambda part: click.echo(part, nl=False))
        self._voice.hear(text)

    def end(self) -> None:
        """End the line of the last item."""
        if self._speaking is not None:
            click.echo()


def _print(results: Sequence[ItemResult]) -> None:
    click.echo()
    for result in results:
        cost = "no price" if result.cost_usd is None else f"${plain(result.cost_usd)}"
        usage = result.usage
        click.echo(
            f"Row {result.row}, {result.template}, {result.model or 'not sent'}: {result.state}, "
            f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out, {cost}"
        )
        if result.notes:
            click.echo(f"  {result.notes}")


def _as_json(result: ItemResult) -> dict[str, Any]:
    return {
        "row": result.row,
        "key": result.key,
        "template": result.template,
        "locale": result.locale,
        "model": result.model,
        "state": result.state,
        "copy": result.copy,
        "notes": result.notes,
        "input_tokens": result.usage.input_tokens,
        "output_tokens": result.usage.output_tokens,
        "cost_usd": None if result.cost_usd is None else plain(result.cost_usd),
    }
