from __future__ import annotations

import click

from console.options import json_option
from console.output import print_json
from worker.wiring import wire

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command("doctor")
@click.option("--model", metavar="ID", help="The model that you want to use.")
@click.option("--region", metavar="REGION", help="AWS Region (default: as for every AWS program).")
@json_option
def command(*, model: str | None, region: str | None, as_json: bool) -> int:
    """Check identity, Region, model access and lifecycle, quotas and the store; nothing is bought."""
    from worker.aws.client import session_for  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.doctor import Check, checks  # noqa: PLC0415 - as above
    from worker.aws.models import parse_model  # noqa: PLC0415 - as above

    parts = wire()
    session = session_for(region=region or parts.settings.region or None)
    found = [
        Check(name="store", state="ok", detail=f"{parts.settings.home}, prices of {parts.book.date}."),
        *checks(
            session,
            parse_model(model or parts.settings.model),
            region=session.region_name,
            today=parts.clock().date(),
        ),
    ]
    failed = any(check.state == "fail" for check in found)
    if as_json:
        lines = [{"name": one.name, "state": one.state, "detail": one.detail, "fix": one.fix} for one in found]
        print_json({"ok": not failed, "checks": lines})
    else:
        for one in found:
            click.echo(f"{_MARKS[one.state]} {one.name:12} {one.detail}")
            if one.fix and one.state != "ok":
                click.echo(f"{'':17} {one.fix}")
    return 5 if failed else 0
