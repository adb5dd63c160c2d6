from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from console.options import json_option
from console.output import print_json, say
from jobs.spec import parse_deadline
from jobs.store.shard_table import ShardRecord
from templates.errors import AccessError, UserError
from worker.batch.cleaning import Cleaned, Cleaning
from worker.model import ModelError
from worker.wiring import Parts, wire

if TYPE_CHECKING:
    from worker.inference_jobs import RecordFiles

_SHOWN = (
    "state", "status", "model", "round", "records", "processed", "replied", "errors", "missing", "input_tokens",
    "output_tokens", "manifest_input_tokens", "manifest_output_tokens", "arn", "message", "input_uri", "output_uri",
    "created_at", "submitted_at", "ended_at", "removed_at",
)  # fmt: skip


@click.group("batch")
def command() -> None:
    """List the shards of jobs in the batch lane, and remove their objects from S3."""


@command.command("list")
@click.argument("job", required=False)
@json_option
def list_(job: str | None, *, as_json: bool) -> int:
    """List the shards of JOB, or of all jobs, the newest job first."""
    store = wire().store
    if job:
        store.jobs.get(job)
    shards = store.shards.listed(job)
    if as_json:
        print_json({"shards": [_as_json(shard) for shard in shards]})
        return 0
    if not shards:
        click.echo(f"The job {job} has no shards." if job else "There are no shards: no job went the batch lane yet.")
    for shard in shards:
        for line in _lines(shard):
            click.echo(line)
    return 0


@command.command("clean")
@click.argument("job", required=False)
@click.option(
    "--older-than", metavar="SPAN", default="7d", show_default=True, help="Only jobs that ended so long ago; 0 for all."
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@json_option
def clean(job: str | None, *, older_than: str, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Remove the objects of JOB's shards from S3, or of all jobs: closed shards of ended jobs only.

    Results, costs and the ledger stay in the store.
    """
    parts = wire()
    if job:
        parts.store.jobs.get(job)
    span = _span(older_than)
    files, realm = _files(parts)
    cleaning = Cleaning(parts.store, files, parts.clock)
    due = cleaning.due(realm=realm, older_than=span, job_id=job)
    try:
        found = cleaning.count(due)
        if dry_run or not due:
            return _tell(found, removed=False, as_json=as_json)
        if not yes:
            _ask(found)
        return _tell(cleaning.clean(due), removed=True, as_json=as_json)
    except ModelError as error:
        raise AccessError(
            error.message, fix=error.fix or "Try again; what is removed stays so.", code="files"
        ) from error


def _files(parts: Parts) -> tuple[RecordFiles, str]:
    """Open the batch bucket, and say where batch jobs go."""
    from worker.aws.client import control_endpoint, session_for  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.endpoint import realm_of  # noqa: PLC0415 - as above
    from worker.aws.record_files import S3RecordFiles  # noqa: PLC0415 - as above
    from worker.settings import DEFAULT_REGION  # noqa: PLC0415 - as above

    session = session_for(region=parts.settings.region or None)
    region = session.region_name or DEFAULT_REGION
    files = S3RecordFiles(
        session, region=region, kms_key=parts.settings.batch.kms_key, owner=parts.settings.batch.owner
    )
    return files, realm_of(control_endpoint(session, region=region))


def _ask(found: Cleaned) -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "Without a terminal nobody can be asked whether to remove objects.",
            fix="Give --yes, or --dry-run to see how many there are.",
            code="confirm",
        )
    click.confirm(f"Remove {_amount(found)} from S3?", default=False, err=True, abort=True)


def _tell(cleaned: Cleaned, *, removed: bool, as_json: bool) -> int:
    if as_json:
        print_json({"removed": removed, "shards": cleaned.shards, "objects": cleaned.objects})
    elif not cleaned.shards:
        say("There is nothing to remove: no closed shard of a job that ended so long ago has objects in S3.")
    elif removed:
        click.echo(f"Removed {_amount(cleaned)} from S3.")
    else:
        click.echo(f"{_amount(cleaned)} would be removed from S3.")
    return 0


def _amount(cleaned: Cleaned) -> str:
    counts = {"object": cleaned.objects, "shard": cleaned.shards}
    return " of ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in counts.items())


def _span(text: str) -> timedelta:
    if re.fullmatch(r"0[dhms]?", text.strip().lower()):
        return timedelta(0)
    try:
        return timedelta(seconds=parse_deadline(text))
    except UserError as error:
        raise UserError(
            f'"{text}" is not a span of time.', fix="Write it as --older-than 7d or 12h.", code="span"
        ) from error


def _lines(shard: ShardRecord) -> list[str]:
    """Say where a shard stands, and what its harvest gave."""
    stands = f"{shard.state}, {shard.status}" if shard.status else str(shard.state)
    removed = ", objects removed" if shard.removed_at else ""
    lines = [f"{shard.job_id}  {shard.name}  {stands}{removed}  {shard.model}  {_counts(shard)}"]
    if shard.arn:
        lines.append(f"    {shard.arn}")
    if shard.replied or shard.errors or shard.missing:
        lines.append(f"    {_tokens(shard)}")
    if shard.message:
        lines.append(f"    {shard.message}")
    return lines


def _counts(shard: ShardRecord) -> str:
    if not shard.records:
        return "no records yet"
    if shard.replied or shard.errors or shard.missing:
        return (
            f"{shard.records:,} records: {shard.replied:,} replied, {shard.errors:,} errors, {shard.missing:,} missing"
        )
    return f"{shard.records:,} records" + (f", {shard.processed:,} processed" if shard.processed else "")


def _tokens(shard: ShardRecord) -> str:
    ours, theirs = (
        (shard.input_tokens, shard.output_tokens),
        (shard.manifest_input_tokens, shard.manifest_output_tokens),
    )
    told = f"{ours[0]:,} tokens in, {ours[1]:,} out by the records"
    if theirs[0] is None or theirs[1] is None:
        return f"{told}; there is no manifest"
    return f"{told}, " + (
        "as in the manifest" if ours == theirs else f"{theirs[0]:,} in, {theirs[1]:,} out by the manifest: THEY DIFFER"
    )


def _as_json(shard: ShardRecord) -> dict[str, Any]:
    return {"job": shard.job_id, "shard": shard.name} | {name: getattr(shard, name) for name in _SHOWN}
