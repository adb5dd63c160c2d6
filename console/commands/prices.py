from __future__ import annotations

import click

from console.options import json_option
from console.output import print_json, say
from jobs.money import plain
from jobs.prices.row import LANES, SCOPES
from templates.errors import UserError, nearest
from worker.aws.models import parse_model
from worker.wiring import wire


@click.command("prices")
@click.option("--model", metavar="ID", default="", help="Only models with this in their id.")
@click.option("--region", metavar="REGION", default="", help="Only this source Region.")
@click.option("--scope", type=click.Choice(SCOPES), help="Only in-region, geo or global prices.")
@click.option("--lane", type=click.Choice(LANES), help="Only this lane.")
@json_option
def command(*, model: str, region: str, scope: str | None, lane: str | None, as_json: bool) -> int:
    """Show the price book: dollars per million tokens, from which day on, and who says so."""
    parts = wire()
    wanted = parse_model(model).base or model if model else ""
    rows = parts.book.rows(model=wanted, region=region, scope=scope or "", lane=lane or "", on=parts.clock().date())
    if not rows and model:
        raise UserError(
            f'There is no price for "{model}" here.{nearest(wanted, parts.book.models)}',
            fix="`skuscribe prices` lists all; a model without a price is shown as unpriced, never as 0.",
            code="prices",
        )
    if as_json:
        print_json(
            {
                "date": parts.book.date.isoformat(),
                "prices": [
                    {
                        "model": row.model,
                        "region": row.region,
                        "scope": row.scope,
                        "lane": row.lane,
                        "kind": row.kind,
                        "context_above_tokens": row.context_above_tokens,
                        "usd_per_million": plain(row.usd_per_million),
                        "effective_from": row.effective_from.isoformat(),
                        "source": row.source,
                    }
                    for row in rows
                ],
            }
        )
        return 0
    for row in rows:
        above = f" above {row.context_above_tokens:,} tokens" if row.context_above_tokens else ""
        place = f"{row.model:42} {row.region:13} {row.scope:9} {row.lane:10} {row.kind + above:15}"
        click.echo(f"{place} {plain(row.usd_per_million):>9}  {row.effective_from}  {row.source}")
    say(f"USD per million tokens; newest date in the book: {parts.book.date}.")
    return 0
