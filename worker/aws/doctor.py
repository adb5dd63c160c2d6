from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from worker.aws.client import runtime_endpoint
from worker.aws.endpoint import realm_of
from worker.aws.inquiry import ask_identity, ask_model
from worker.aws.models import ModelRef
from worker.aws.prerequisites import API_KEY, checked_credentials, checked_region, lifecycle, named_region
from worker.aws.quotas import read_quotas
from worker.checks.check import Check, checked

if TYPE_CHECKING:
    from boto3 import Session


def checks(
    session: Session,
    ref: ModelRef,
    *,
    region: str | None,
    today: date,
    environ: Mapping[str, str] = os.environ,
) -> list[Check]:
    """Check Region, identity, the model and its quotas; one that fails does not keep the others from being made."""
    realm = "aws"

    def where(_: list[str]) -> str:
        nonlocal realm
        named = named_region(region)
        realm = realm_of(runtime_endpoint(session, region=named))
        checked_region(session, named, realm=realm)
        return f"{named}, {realm}"

    def who(warnings: list[str]) -> str:
        checked_credentials(session, environ=environ)
        if environ.get(API_KEY):
            return f"Bedrock API key ({API_KEY})"
        if not region:
            return "credentials found"
        arn = ask_identity(session, region=region, realm=realm, warnings=warnings)
        return arn or "credentials found"

    found = [checked("region", where), checked("identity", who)]
    if not region or any(check.state == "fail" for check in found):
        return [*found, checked("model", lambda warnings: _life_only(ref, warnings, today=today, realm=realm))]

    def model(warnings: list[str]) -> str:
        warnings += lifecycle(ref, today=today, realm=realm)
        return ask_model(session, ref, region=region, realm=realm, today=today, warnings=warnings).name

    return [*found, checked("model", model), _quotas(session, ref, region=region, realm=realm)]


def _life_only(ref: ModelRef, warnings: list[str], *, today: date, realm: str) -> str:
    warnings += lifecycle(ref, today=today, realm=realm)
    warnings.append("Access was not checked.")
    return ref.name


def _quotas(session: Session, ref: ModelRef, *, region: str, realm: str) -> Check:
    if realm != "aws":
        return Check(
            name="quotas", state="ok", detail=f"{realm} is not AWS: the limits are learned from its throttles."
        )
    quotas = read_quotas(session, ref, region=region)
    if quotas is None:
        return Check(
            name="quotas",
            state="warn",
            detail="They could not be read; the limits are learned from throttles.",
            fix="Allow servicequotas:ListServiceQuotas, or give --rpm and --tpm.",
        )
    per_min = {"requests": quotas.requests_per_min, "tokens": quotas.tokens_per_min}
    return Check(
        name="quotas",
        state="ok",
        detail=", ".join(f"{value:,} {what} a minute" for what, value in per_min.items() if value),
    )
