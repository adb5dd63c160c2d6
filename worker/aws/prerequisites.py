"""What must stand before anything is asked: credentials, a Region, a model that is not past its end."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from templates.errors import AccessError
from worker.aws.capabilities import capability_of
from worker.aws.errors import model_error
from worker.aws.models import IdKind, ModelRef

if TYPE_CHECKING:
    from boto3 import Session

#: A Bedrock API key takes the place of credentials (reference: Bedrock user guide, api-keys-use).
API_KEY = "AWS_BEARER_TOKEN_BEDROCK"
_SIGN_IN = (
    "Set them up with `aws configure`, sign in with `aws sso login`, set AWS_PROFILE to a profile that has them, "
    "or run where the machine has a role. `skuscribe run … --simulate` tries it without an account."
)
_REGION_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


def checked_credentials(session: Session, *, environ: Mapping[str, str] = os.environ) -> None:
    """Make sure that there are credentials, or a Bedrock API key.

    Raises:
        AccessError: there are none, or they cannot be read.
    """
    if environ.get(API_KEY):
        return
    try:
        credentials = session.get_credentials()
        usable = credentials is not None and bool(credentials.get_frozen_credentials().access_key)
    except Exception as exc:
        error = model_error(exc, model="", region="")
        raise AccessError(error.message, fix=error.fix or _SIGN_IN, code="credentials") from exc
    if not usable:
        raise AccessError("There are no AWS credentials.", fix=_SIGN_IN, code="credentials")


def named_region(region: str | None) -> str:
    """Make sure that a Region is named.

    Raises:
        AccessError: it is missing, or no name of a Region.
    """
    if not region:
        raise AccessError(
            "No AWS Region is set.", fix="Add --region us-east-1, or set AWS_REGION to a Region.", code="region"
        )
    if not _REGION_NAME.fullmatch(region):
        raise AccessError(
            f'"{region}" is not an AWS Region.',
            fix="A Region is written like us-east-1 or eu-central-1.",
            code="region",
        )
    return region


def checked_region(session: Session, region: str, *, realm: str) -> None:
    """Make sure that Bedrock is in a Region, as far as boto3 knows; a stand-in has whatever Regions it likes.

    Raises:
        AccessError: Bedrock is not there.
    """
    if realm != "aws":
        return
    # boto3 lists no Regions for bedrock-runtime; it is where bedrock is.
    offered = session.get_available_regions("bedrock")
    # A Region that this boto3 does not know at all may be newer than it is.
    if region not in offered and (region in session.get_available_regions("s3") or not _could_be(session, region)):
        raise AccessError(
            f"Amazon Bedrock is not in {region}.", fix=f"It is in {', '.join(sorted(offered))}.", code="region"
        )


def _could_be(session: Session, region: str) -> bool:
    try:
        return bool(session.get_partition_for_region(region))
    except Exception:  # noqa: BLE001 - botocore's own class for it is known only once it is imported
        return False


def lifecycle(ref: ModelRef, *, today: date, realm: str) -> list[str]:
    """Check a model's life by the capability table.

    Returns: what to look out for.

    Raises:
        AccessError: it is past its end of life.
    """
    capability = capability_of(ref.base)
    if capability.is_over(today):
        raise past_its_end(ref)
    warnings = []
    if capability.legacy:
        until = f" until {capability.end_of_life}" if capability.end_of_life else ""
        warnings.append(f"{ref.name} is a legacy model{until}: closed for accounts that have not used it lately.")
    if realm == "aws" and capability.needs_profile and ref.kind is IdKind.FOUNDATION_MODEL:
        warnings.append(f"{ref.id} is usually called through an inference profile such as us.{ref.base}.")
    return warnings


def past_its_end(ref: ModelRef) -> AccessError:
    """The error of a model that Bedrock no longer serves."""
    return AccessError(
        f"{ref.name} is past its end of life: Bedrock refuses it.",
        fix="Choose another model with --model; `skuscribe prices` lists those with a known price.",
        code="model_eol",
    )
