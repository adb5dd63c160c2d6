from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from templates.errors import SkuscribeError
from worker.aws.client import runtime_endpoint
from worker.aws.endpoint import realm_of
from worker.aws.inquiry import ask_identity, ask_model
from worker.aws.models import ModelRef
from worker.aws.prerequisites import API_KEY, checked_credentials, checked_region, lifecycle, named_region
from worker.aws.quotas import read_quotas

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of what `doctor` found."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""


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

    found = [_check("region", where), _check("identity", who)]
    if not region or any(check.state == "fail" for check in found):
        return [*found, _check("model", lambda warnings: _life_only(ref, warnings, today=today, realm=realm))]

    def model(warnings: list[str]) -> str:
        warnings += lifecycle(ref, today=today, realm=realm)
        return ask_model(session, ref, region=region, realm=realm, today=today, warnings=warnings).name

    return [*found, _check("model", model), _quotas(session, ref, region=region, realm=realm)]


def _check(name: str, run: Callable[[list[str]], str]) -> Check:
    warnings: list[str] = []
    try:
        detail = run(warnings)
    except SkuscribeError as exc:
        return Check(name=name, state="fail", detail=exc.message, fix=exc.fix)
    return Check(name=name, state="warn" if warnings else "ok", detail=" ".join([f"{detail}.", *warnings]))


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
