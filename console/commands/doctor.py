from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import click

from console.options import json_option
from console.output import print_json
from jobs.clock import utc_now
from jobs.prices.book import PriceBook
from templates.errors import AccessError
from worker.checks.broker import check_broker
from worker.checks.check import Check
from worker.checks.database import check_database
from worker.checks.files import check_files
from worker.files.place import files_at
from worker.settings import Settings, load_settings

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command("doctor")
@click.option("--model", metavar="ID", help="The model that you want to use.")
@click.option("--region", metavar="REGION", help="AWS Region (default: as for every AWS program).")
@json_option
def command(*, model: str | None, region: str | None, as_json: bool) -> int:
    """Check identity, Region, model access and lifecycle, quotas, batch lane, database, broker and files.

    Nothing is bought.
    """
    settings = load_settings(os.environ, Path.cwd())
    book = PriceBook.load(settings.prices)
    found = [
        Check(name="store", state="ok", detail=f"{settings.home}, prices of {book.date}."),
        *_own(settings, now=utc_now()),
        *_of_aws(settings, book, model or settings.model, region or settings.region, now=utc_now()),
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


def _own(settings: Settings, *, now: datetime) -> list[Check]:
    database, workers = check_database(settings.database_url, since=now - timedelta(seconds=settings.lease_s))
    return [
        database,
        check_broker(settings.broker_url, workers=workers),
        check_files(
            lambda: files_at(settings.files, settings.home),
            only_here=bool(settings.broker_url) and not settings.files,
        ),
    ]


def _of_aws(settings: Settings, book: PriceBook, model: str, region: str, *, now: datetime) -> list[Check]:
    from worker.aws.batch_doctor import BatchLook, unchecked  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.client import session_for  # noqa: PLC0415 - as above
    from worker.aws.doctor import checks  # noqa: PLC0415 - as above
    from worker.aws.models import parse_model  # noqa: PLC0415 - as above

    try:
        session = session_for(region=region or None)
    except AccessError as error:
        identity = Check(name="identity", state="fail", detail=error.message, fix=error.fix)
        return [identity, unchecked(settings.batch)]
    return checks(
        session,
        parse_model(model),
        region=session.region_name,
        today=now.date(),
        batch=BatchLook(settings=settings.batch, book=book),
    )
