"""Where a job's batch-inference jobs go: Bedrock and its bucket, or the simulator with a bucket of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Protocol

from jobs.store.job_table import JobRecord
from jobs.store.shard_table import ShardRecord
from templates.errors import UserError
from worker.aws.access import preflight
from worker.aws.batch_limits import BatchLimits, batch_limits, limits_among
from worker.aws.client import control_endpoint, session_for, simulated_session
from worker.aws.endpoint import realm_of
from worker.aws.invocation_jobs import InvocationJobs
from worker.aws.models import ModelRef
from worker.aws.quotas import listed_quotas, quotas_among
from worker.aws.record_files import S3RecordFiles
from worker.endpoint import SIMULATED, named_model
from worker.inference_jobs import InferenceJobs, RecordFiles
from worker.limits.limiter import Quotas
from worker.settings import DEFAULT_REGION, Settings
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

#: What the simulator inside the command calls its own.
_SIMULATED_ROOT = "s3://skuscribe-simulated/batch"
_SIMULATED_OWNER = "123456789012"
_SIMULATED_ROLE = f"arn:aws:iam::{_SIMULATED_OWNER}:role/skuscribe-simulated"
#: How the simulator inside the command runs jobs: soon, and slowly enough to see that it does.
_SIMULATED = SimulatorSettings(s3=1, batch_validating_s=0.5, batch_scheduled_s=0.5, batch_s=1.0)
_SIMULATED_POLL_S = 0.3
#: How long an open way is used: credentials, access and the model's life are checked again after it.
_KEPT_S = 600.0
#: How long Service Quotas may take.
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEndpoint:
    """An opened way to batch-inference jobs."""

    realm: str
    region: str
    model: ModelRef
    jobs: InferenceJobs
    files: RecordFiles
    #: URI of the folder that all objects lie in.
    root: str
    role_arn: str
    #: Account that the bucket has to be of, "" where nobody says.
    bucket_owner: str = ""
    kms_key: str
    timeout_hours: int
    poll_s: float
    limits: BatchLimits
    #: Of requests that are sent one by one, as Service Quotas tells them.
    quotas: Quotas = field(default_factory=Quotas)
    warnings: tuple[str, ...] = ()
    #: Whether jobs outlive the process that asked for them; those of a simulator inside end with it.
    keeps_jobs: bool = True

    @property
    def account(self) -> str:
        """The AWS account that jobs are made in: the role's, since no other account's may be passed to Bedrock."""
        parts = self.role_arn.split(":")
        return parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 - arn:partition:service:region:account:resource

    def refuse_elsewhere(self, shard: ShardRecord) -> None:
        """Make sure that a shard's job is looked for where it was asked for: any other place would make a second one.

        Raises:
            UserError: it is not.
        """
        if not (self.keeps_jobs and shard.region) or (shard.region, shard.account) == (self.region, self.account):
            return
        raise UserError(
            f"The batch job {shard.job_name} is in {shard.region}, account {shard.account}; it would now be looked for"
            f" in {self.region}, account {self.account}.",
            fix="Set Region (AWS_REGION), credentials and SKUSCRIBE_BATCH_ROLE_ARN as they were, then `skuscribe resume"
            f" {shard.job_id}`; nothing is lost meanwhile.",
            code="place",
        )


class Opening(Protocol):
    """Opens the way to the batch-inference jobs of a job."""

    def __call__(
        self, settings: Settings, job: JobRecord, *, model: str, region: str, simulate: bool, today: Callable[[], date]
    ) -> AbstractContextManager[BatchEndpoint]:
        """Open it, as `open_batch` does."""


@contextmanager
def open_batch(
    settings: Settings, job: JobRecord, *, model: str, region: str, simulate: bool, today: Callable[[], date]
) -> Iterator[BatchEndpoint]:
    """Open the way to the batch-inference jobs of a job.

    Raises:
        AccessError: the AWS configuration cannot be used.
        UserError: no bucket or role is set, or the settings lead elsewhere than when the job was started.
    """
    ref, batch = named_model(model), settings.batch
    if simulate:
        named = region or settings.region or DEFAULT_REGION
        with start_simulator(_SIMULATED) as simulator:
            session = simulated_session(named)
            yield BatchEndpoint(
                realm=SIMULATED,
                region=named,
                model=ref,
                jobs=InvocationJobs(session, region=named, endpoint_url=simulator.endpoint),
                files=S3RecordFiles(session, region=named, endpoint_url=simulator.s3_endpoint, owner=_SIMULATED_OWNER),
                root=_SIMULATED_ROOT,
                role_arn=_SIMULATED_ROLE,
                bucket_owner=_SIMULATED_OWNER,
                kms_key="",
                timeout_hours=batch.timeout_hours,
                poll_s=min(batch.poll_s, _SIMULATED_POLL_S),
                limits=batch_limits(batch, None),
                keeps_jobs=False,
            )
        return
    yield _reached(settings, job.realm, ref, region=region, today=today())


class KeptEndpoints:
    """Ways to Bedrock that stay open for a while: opening one takes four requests and a quarter of a second of work.

    For a process that looks again and again; the simulator inside is opened anew each time.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        #: By realm, model and Region: since when.
        self._kept: dict[tuple[str, str, str], tuple[float, BatchEndpoint]] = {}

    @contextmanager
    def open(
        self, settings: Settings, job: JobRecord, *, model: str, region: str, simulate: bool, today: Callable[[], date]
    ) -> Iterator[BatchEndpoint]:
        """Open the way as `open_batch` does, or give the one that was opened lately."""
        key = (job.realm, model, region)
        with self._lock:
            since_s, kept = self._kept.get(key, (0.0, None))
        if kept and self._clock_s() - since_s < _KEPT_S:
            yield kept
            return
        with open_batch(settings, job, model=model, region=region, simulate=simulate, today=today) as opened:
            if not simulate:
                with self._lock:
                    self._kept[key] = (self._clock_s(), opened)
            yield opened

    def forget(self) -> None:
        """Check everything anew: something was wrong."""
        with self._lock:
            self._kept.clear()


def _reached(settings: Settings, started_in: str, ref: ModelRef, *, region: str, today: date) -> BatchEndpoint:
    batch = settings.batch
    if not batch.is_set:
        raise UserError(
            "The batch lane has no bucket or no role.",
            fix="Set SKUSCRIBE_BATCH_BUCKET and SKUSCRIBE_BATCH_ROLE_ARN; `skuscribe policy --lane batch` prints what"
            " the role needs.",
            code="lane",
        )
    session = session_for(region=region or settings.region or None)
    named = session.region_name or DEFAULT_REGION
    checked = preflight(session, ref, region=session.region_name or None, today=today)
    realm = realm_of(control_endpoint(session, region=named))
    if realm != started_in:
        raise UserError(
            f"The job was started against {started_in}, but batch jobs would now go to {realm}.",
            fix="Set AWS_ENDPOINT_URL_BEDROCK as it was, or start a new job: costs of different places are never added"
            " up.",
            code="realm",
        )
    limits, quotas = _told(named, checked.model) if realm == "aws" else (None, Quotas())
    return BatchEndpoint(
        realm=realm,
        region=named,
        model=checked.model,
        jobs=InvocationJobs(session, region=named),
        files=S3RecordFiles(session, region=named, kms_key=batch.kms_key, owner=batch.owner),
        root=batch.root,
        role_arn=batch.role_arn,
        bucket_owner=batch.owner,
        kms_key=batch.kms_key,
        timeout_hours=batch.timeout_hours,
        poll_s=batch.poll_s,
        limits=batch_limits(batch, limits),
        quotas=quotas,
        warnings=checked.warnings,
    )


def _told(region: str, model: ModelRef) -> tuple[BatchLimits | None, Quotas]:
    """Give a model's limits and quotas as far as Service Quotas tells them."""
    try:
        return _listed(region, model)
    except LookupError:
        return None, Quotas()


@lru_cache(maxsize=64)
def _listed(region: str, model: ModelRef) -> tuple[BatchLimits | None, Quotas]:
    """Read them once in a process: that takes dozens of requests.

    Raises:
        LookupError: it tells nothing at this moment; it is asked again the next time.
    """
    found = listed_quotas(session_for(region=region), region=region, patience_s=_PATIENCE_S, clock=time.monotonic)
    if found is None:
        raise LookupError(region)
    rates = quotas_among(found, model)
    return limits_among(found, model), Quotas(rates.requests_per_min, rates.tokens_per_min) if rates else Quotas()
