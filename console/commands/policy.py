from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.options import json_option
from console.output import print_json, say_notes
from templates.errors import UserError
from worker.batch_settings import BUCKET, BatchSettings
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.aws.batch_policy import BatchPlace

_LANES = ("on-demand", "flex", "batch")


@click.command("policy")
@click.option("--model", "models", metavar="ID", multiple=True, help="A model that jobs may use (may be repeated).")
@click.option("--region", metavar="REGION", help="AWS Region that is called (default: as for every AWS program).")
@click.option("--files", metavar="PLACE", help="Where files are kept (default: SKUSCRIBE_FILES); only S3 matters.")
@click.option(
    "--lane", type=click.Choice(_LANES), default="on-demand", help="With batch: also what batch inference jobs need."
)
@click.option("--bucket", metavar="S3", help="Bucket and prefix of the batch lane (default: SKUSCRIBE_BATCH_BUCKET).")
@click.option("--role", metavar="ARN", help="Its service role, there or not yet (default: SKUSCRIBE_BATCH_ROLE_ARN).")
@json_option
def command(
    *,
    models: tuple[str, ...],
    region: str | None,
    files: str | None,
    lane: str,
    bucket: str | None,
    role: str | None,
    as_json: bool,  # noqa: ARG001 - it prints JSON anyway; errors are JSON with it
) -> None:
    """Print the least-privilege IAM policy for a job; nobody is asked, and no credentials are needed.

    \b
    skuscribe policy > policy.json
    aws iam create-policy --policy-name skuscribe --policy-document file://policy.json

    With --lane batch it is one object of four: "caller" for who runs jobs; "trust" and "permissions" of
    "service_role", which Bedrock takes on; and a "lifecycle" for the bucket, which aws s3api
    put-bucket-lifecycle-configuration sets in place of all rules that the bucket has.
    """  # noqa: D301 - click wants the control character itself: it keeps these lines as they are
    from worker.aws.batch_policy import batch_policies  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.client import partition_of, session_for  # noqa: PLC0415 - as above
    from worker.aws.objects import SCHEME, Bucket  # noqa: PLC0415 - as above
    from worker.aws.policy import policy_of  # noqa: PLC0415 - as above
    from worker.aws.prerequisites import named_region  # noqa: PLC0415 - as above
    from worker.endpoint import named_model  # noqa: PLC0415 - as above
    from worker.lane_choice import refuse_lacking  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, Path.cwd())
    asked = dict.fromkeys(models or (settings.model,))
    refs = [named_model(model) for model in asked]
    if lane == "batch":
        for model in asked:
            refuse_lacking(model, lane)
    session = session_for(region=region or settings.region or None)
    named = named_region(session.region_name or refs[0].region)
    place = settings.files if files is None else files
    kept = Bucket(place) if place.casefold().startswith(SCHEME) else None
    if lane == "batch":
        batch = replace(
            settings.batch, bucket=bucket or settings.batch.bucket, role_arn=role or settings.batch.role_arn
        )
        print_json(batch_policies(refs, _place(batch, named), files=kept))
    else:
        print_json(policy_of(refs, region=named, partition=partition_of(session, named), bucket=kept))


def _place(batch: BatchSettings, region: str) -> BatchPlace:
    from worker.aws.batch_policy import BatchPlace  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.objects import Bucket  # noqa: PLC0415 - as above
    from worker.aws.service_role import parse_role  # noqa: PLC0415 - as above

    if not BUCKET.fullmatch(batch.bucket.rstrip("/")):
        raise UserError(
            f'"{batch.bucket}" is no bucket.' if batch.bucket else "Which bucket the batch lane uses is not known.",
            fix="Add --bucket s3://BUCKET/PREFIX, or set SKUSCRIBE_BATCH_BUCKET; it need not be there yet.",
            code="setting",
        )
    if not batch.role_arn:
        raise UserError(
            "Which service role batch jobs have is not known, and with it the AWS account that is to be trusted.",
            fix="Add --role arn:aws:iam::ACCOUNT:role/NAME with the account's twelve digits, or set "
            "SKUSCRIBE_BATCH_ROLE_ARN; the role need not be there yet.",
            code="role",
        )
    bucket = Bucket(replace(batch, bucket=batch.bucket.rstrip("/")).root)
    if not bucket.prefix:
        say_notes([f"The lifecycle removes whatever is in {bucket.url}: give a prefix if it holds anything else."])
    return BatchPlace(
        bucket=bucket,
        role=parse_role(batch.role_arn),
        region=region,
        kms_key=batch.kms_key,
        events=batch.events,
        bucket_owner=batch.bucket_owner,
    )
