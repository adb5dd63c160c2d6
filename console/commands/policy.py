from __future__ import annotations

import os
from pathlib import Path

import click

from console.options import json_option
from console.output import print_json
from worker.settings import load_settings


@click.command("policy")
@click.option("--model", "models", metavar="ID", multiple=True, help="A model that jobs may use (may be repeated).")
@click.option("--region", metavar="REGION", help="AWS Region that is called (default: as for every AWS program).")
@click.option("--files", metavar="PLACE", help="Where files are kept (default: SKUSCRIBE_FILES); only S3 matters.")
@json_option
def command(*, models: tuple[str, ...], region: str | None, files: str | None, as_json: bool) -> None:  # noqa: ARG001 - it prints JSON anyway; errors are JSON with it
    """Print the least-privilege IAM policy for a job; nobody is asked, and no credentials are needed.

    \b
    skuscribe policy > policy.json
    aws iam create-policy --policy-name skuscribe --policy-document file://policy.json
    """  # noqa: D301 - click wants the control character itself: it keeps these lines as they are
    from worker.aws.client import partition_of, session_for  # noqa: PLC0415 - boto3 takes a while to import
    from worker.aws.models import parse_model  # noqa: PLC0415 - as above
    from worker.aws.objects import SCHEME, Bucket  # noqa: PLC0415 - as above
    from worker.aws.policy import policy_of  # noqa: PLC0415 - as above
    from worker.aws.prerequisites import named_region  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, Path.cwd())
    refs = [parse_model(model) for model in dict.fromkeys(models or (settings.model,))]
    session = session_for(region=region or settings.region or None)
    named = named_region(session.region_name or refs[0].region)
    place = settings.files if files is None else files
    policy = policy_of(
        refs,
        region=named,
        partition=partition_of(session, named),
        bucket=Bucket(place) if place.casefold().startswith(SCHEME) else None,
    )
    print_json(policy)
