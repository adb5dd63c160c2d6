from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from worker.aws.access import account_of
from worker.aws.batch_doctor import BatchLook, Called, batch_checks, unchecked
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
    batch: BatchLook | None = None,
    environ: Mapping[str, str] = os.environ,
) -> list[Check]:
    """Check Region, identity, the model, its quotas and the batch lane; one that fails does not hide the others."""
    realm, account = "aws", ""

    def where(_: list[str]) -> str:
        nonlocal realm
        named = named_region(region)
        realm = realm_of(runtime_endpoint(session, region=named))
        checked_region(session, named, realm=realm)
        return f"{named}, {realm}"

    def who(warnings: list[str]) -> str:
        nonlocal account
        checked_credentials(session, environ=environ)
        if environ.get(API_KEY):
            return f"Bedrock API key ({API_KEY})"
        if not region:
            return "credentials found"
        arn = ask_identity(session, region=region, realm=realm, warnings=warnings)
        account = account_of(arn)
        return arn or "credentials found"

    found = [checked("region", where), checked("identity", who)]
    if not region or any(check.state == "fail" for check in found):
        found.append(checked("model", lambda warnings: _life_only(ref, warnings, today=today, realm=realm)))
        return [*found, *([unchecked(batch.settings)] if batch else [])]
    resolved = ref

    def model(warnings: list[str]) -> str:
        nonlocal resolved
        warnings += lifecycle(ref, today=today, realm=realm)
        resolved = ask_model(session, ref, region=region, realm=realm, today=today, warnings=warnings)
        return resolved.name

    found += [checked("model", model), _quotas(session, ref, region=region, realm=realm)]
    if batch:
        called = Called(region=region, realm=realm, account=account, today=today)
        found += batch_checks(session, resolved, batch, called)
    return found


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
