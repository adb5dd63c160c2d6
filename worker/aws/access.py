"""What can be known before the first request: credentials, identity, Region, the model's life and access to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from worker.aws.client import runtime_endpoint
from worker.aws.endpoint import realm_of
from worker.aws.inquiry import ask_identity, ask_model
from worker.aws.models import ModelRef
from worker.aws.prerequisites import API_KEY, checked_credentials, checked_region, lifecycle, named_region
from worker.aws.quotas import Quotas, read_quotas

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found out before the first request."""

    #: `aws`, or `host:port` of what stands in for it.
    realm: str
    #: The model, an application inference profile resolved to its base model where it could be.
    model: ModelRef
    quotas: Quotas | None
    #: Whose quotas they are: the AWS account, "" where it could not be asked.
    account: str
    #: What could not be checked, and what to look out for.
    warnings: tuple[str, ...]


def preflight(
    session: Session,
    ref: ModelRef,
    *,
    region: str | None,
    today: date,
    quotas: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Preflight:
    """Check credentials, Region, identity, the model's life and access to it, with at most four requests.

    Out of reach is a warning; so is an answer that makes no sense.

    Args:
        session: As the runtime client uses it.
        ref: The model as asked for.
        region: The Region that is called.
        today: The day that end-of-life dates are compared with.
        quotas: Read the model's quotas as well, from AWS itself only.
        environ: Where a Bedrock API key may stand.

    Raises:
        AccessError: it cannot work: no credentials, root credentials, no access, no such model or Region.
    """
    checked_credentials(session, environ=environ)
    named = named_region(region)
    realm = realm_of(runtime_endpoint(session, region=named))
    checked_region(session, named, realm=realm)
    warnings = lifecycle(ref, today=today, realm=realm)
    identity = ""
    if not environ.get(API_KEY):
        identity = ask_identity(session, region=named, realm=realm, warnings=warnings)
    ref = ask_model(session, ref, region=named, realm=realm, today=today, warnings=warnings)
    return Preflight(
        realm=realm,
        model=ref,
        quotas=read_quotas(session, ref, region=named) if quotas and realm == "aws" else None,
        account=account_of(identity),
        warnings=tuple(warnings),
    )


def account_of(identity: str) -> str:
    """Read the account out of an ARN (`arn:partition:service:region:account:resource`), "" where there is none."""
    parts = identity.split(":")
    return parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 - the parts that every ARN has
