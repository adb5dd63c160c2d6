"""The batch lane, as `doctor` looks at it: model, bucket, role and key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from jobs.prices.book import PriceBook
from worker.aws.batch_bucket import look_at_bucket
from worker.aws.batch_policy import BatchPlace, checked_key
from worker.aws.batch_role import look_at_role
from worker.aws.capabilities import capability_of
from worker.aws.models import ModelRef
from worker.aws.objects import Bucket
from worker.aws.service_role import parse_role
from worker.batch_settings import BatchSettings
from worker.checks.check import Check, checked

if TYPE_CHECKING:
    from boto3 import Session

_HOW = "SKUSCRIBE_BATCH_BUCKET and SKUSCRIBE_BATCH_ROLE_ARN; `skuscribe policy --lane batch` prints what both need"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLook:
    """What is to be looked at."""

    settings: BatchSettings
    book: PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Where requests go and who sends them, as far as that is known."""

    region: str
    realm: str
    #: The AWS account, "" where it could not be asked.
    account: str
    today: date


def unready(batch: BatchSettings) -> Check | None:
    """Say that the batch lane is not set up, or half of it; None when it is."""
    if batch.is_set:
        return None
    if not batch.bucket and not batch.role_arn:
        return Check(
            name="batch", state="ok", detail=f"not set up: jobs go on demand or flex. For half the price set {_HOW}."
        )
    there, lacks = ("bucket", "ROLE_ARN") if batch.bucket else ("role", "BUCKET")
    return Check(
        name="batch",
        state="warn",
        detail=f"A {there} is set and SKUSCRIBE_BATCH_{lacks} is not: jobs go on demand or flex.",
        fix=f"Set both {_HOW}.",
    )


def batch_checks(session: Session, ref: ModelRef, look: BatchLook, called: Called) -> list[Check]:
    """Check the batch lane where it is set up; each check takes a few seconds at most."""
    batch = look.settings
    not_ready = unready(batch)
    if not_ready:
        return [not_ready]

    def model(warnings: list[str]) -> str:
        return _model(ref, look.book, called, warnings)

    def place() -> BatchPlace:
        return BatchPlace(
            bucket=Bucket(batch.root),
            role=parse_role(batch.role_arn),
            region=called.region,
            kms_key=batch.kms_key,
            bucket_owner=batch.bucket_owner,
        )

    def bucket(warnings: list[str]) -> str:
        return look_at_bucket(
            session,
            Bucket(batch.root),
            owner=batch.owner,
            region=called.region,
            kms_key=batch.kms_key,
            timeout_hours=batch.timeout_hours,
            warnings=warnings,
        )

    def role(warnings: list[str]) -> str:
        return look_at_role(session, place(), [ref], account=called.account, realm=called.realm, warnings=warnings)

    def key(warnings: list[str]) -> str:
        found = checked_key(batch.kms_key)
        if found["region"] and found["region"] != called.region:
            warnings.append(f"It is of {found['region']}, and Bedrock is called in {called.region}.")
        return batch.kms_key

    return [
        checked("batch model", model),
        checked("batch bucket", bucket),
        checked("batch role", role),
        *([checked("batch key", key)] if batch.kms_key else []),
    ]


def unchecked(batch: BatchSettings) -> Check:
    """Say that the batch lane could not be looked at, when it is set up."""
    return unready(batch) or Check(
        name="batch", state="warn", detail="It is set up, and was not checked: first mend what fails above."
    )


def _model(ref: ModelRef, book: PriceBook, called: Called, warnings: list[str]) -> str:
    if ref.base is None:
        warnings.append("Which model it is cannot be told, so that the batch lane is not taken for it.")
        return ref.id
    if not capability_of(ref.base).batch:
        warnings.append("It is not known to take batch jobs: its jobs go on demand or flex.")
        return ref.name
    lacking = [
        kind
        for kind in ("input", "output")
        if book.rate(ref.base, called.region, ref.scope, "batch", kind, on=called.today, input_tokens=1) is None
    ]
    if lacking:
        warnings.append(
            f"It has no batch price for {' and '.join(lacking)} ({ref.scope}) in {called.region}: its jobs go on demand"
            " or flex, until SKUSCRIBE_PRICES names a file with it."
        )
        return ref.name
    return f"{ref.name} takes batch jobs and has a batch price ({ref.scope}) in {called.region}"
