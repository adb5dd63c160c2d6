from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from worker.simulator.clock import DrivenClock
from worker.simulator.copywriter import Copywriter
from worker.simulator.counters import Counters
from worker.simulator.errors import ServiceError, invalid
from worker.simulator.invocation_jobs.intake import read_intake
from worker.simulator.invocation_jobs.job import Job
from worker.simulator.invocation_jobs.listing import page
from worker.simulator.invocation_jobs.order import Order, read_order
from worker.simulator.invocation_jobs.output import Output
from worker.simulator.invocation_jobs.record import RecordWriter
from worker.simulator.invocation_jobs.role import Role, RoleRefusedError
from worker.simulator.invocation_jobs.standing import ENDED, Times, standing, validated_s
from worker.simulator.models import SimulatedModel
from worker.simulator.settings import SimulatorSettings

_IDENTIFIER = re.compile(
    r"(?:arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job/)?([a-z0-9]{12})"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: How long one question may go on writing output. A bigger job is InProgress still, and the next question goes on.
_PATIENCE_S = 10.0


class InvocationJobs:
    """The jobs of an account; each question moves them on to where they stand by now. Used by one thread at a time."""

    def __init__(
        self,
        clock: DrivenClock,
        counters: Counters,
        *,
        role_for: Callable[[str, str], Role],
        stopwatch: Callable[[], float],
    ) -> None:
        """Take what it needs.

        Args:
            clock: By which jobs move on.
            counters: Where they count.
            role_for: Endpoint of S3, Region -> what reads and writes there.
            stopwatch: Seconds as they pass, whatever the clock says.
        """
        self._clock = clock
        self._counters = counters
        self._role_for = role_for
        self._stopwatch = stopwatch
        self._jobs: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str], str] = {}
        self._roles: dict[tuple[str, str], Role] = {}
        self._copywriters: dict[int, Copywriter] = {}
        self._seen: Counter[bytes] = Counter()
        self._closed = False

    def close(self) -> None:
        """Go on with nothing: what a question is busy with ends soon."""
        self._closed = True

    def create(
        self,
        body: Mapping[str, Any],
        region: str,
        settings: SimulatorSettings,
        find_model: Callable[[str], SimulatedModel],
    ) -> dict[str, Any]:
        """Answer CreateModelInvocationJob; the same token again makes no second job.

        Raises:
            ServiceError: Bedrock would refuse it.
        """
        order = read_order(body, find_model)
        known = self._by_token.get((region, order.token)) if order.token else None
        if known:
            return {"jobArn": self._jobs[known].arn}
        self._check_slots(order, region, settings)
        job = self._new_job(order, region, settings)
        self._jobs[job.id] = job
        if order.token:
            self._by_token[region, order.token] = job.id
        self._counters.job_created()
        return {"jobArn": job.arn}

    def get(self, identifier: str, region: str) -> dict[str, Any]:
        """Answer GetModelInvocationJob.

        Raises:
            ServiceError: there is no such job.
        """
        job = self._find(identifier, region)
        self._move_on(job, self._stopwatch() + _PATIENCE_S)
        return job.as_json(self._clock.at)

    def listed(self, query: Mapping[str, str], region: str) -> dict[str, Any]:
        """Answer ListModelInvocationJobs.

        Raises:
            ServiceError: the query breaks a constraint.
        """
        jobs = [job for job in self._jobs.values() if job.region == region]
        until_s = self._stopwatch() + _PATIENCE_S
        for job in jobs:
            # One whose S3 is out of reach stays where it was.
            with suppress(ServiceError):
                self._move_on(job, until_s)
        return page(jobs, query, self._clock.at)

    def stop(self, identifier: str, region: str) -> dict[str, Any]:
        """Answer StopModelInvocationJob; one that is being stopped goes on being so.

        Raises:
            ServiceError: there is no such job, or it has ended.
        """
        job = self._find(identifier, region)
        self._look(job)
        if job.standing.status in ENDED:
            raise ServiceError("ConflictException", f"The job {job.arn} has ended and can't be stopped.")
        if job.times.stopped_s is None:
            job.times = replace(job.times, stopped_s=self._clock())
        return {}

    def _check_slots(self, order: Order, region: str, settings: SimulatorSettings) -> None:
        rivals = [job for job in self._jobs.values() if job.region == region and job.order.model.id == order.model.id]
        for job in rivals:
            with suppress(ServiceError):
                self._look(job)
        if sum(job.holds_slot for job in rivals) >= settings.batch_slots:
            raise ServiceError(
                "ServiceQuotaExceededException",
                f"You have reached the limit of {settings.batch_slots} in-progress and submitted batch inference jobs "
                f"for {order.model.id}.",
            )

    def _new_job(self, order: Order, region: str, settings: SimulatorSettings) -> Job:
        number = len(self._jobs) + 1
        # With the token in it: another simulator with the same seed must not give a job the id of another one's.
        drawn = blake2b(
            f"{settings.seed}|{region}|{number}|{order.name}|{order.token}".encode(), digest_size=12
        ).digest()
        job_id = "".join(_LETTERS[byte % len(_LETTERS)] for byte in drawn)
        return Job(
            number=number,
            arn=f"arn:aws:bedrock:{region}:{settings.account}:model-invocation-job/{job_id}",
            region=region,
            order=order,
            settings=settings,
            times=Times.of(self._clock(), order.timeout_hours),
        )

    def _find(self, identifier: str, region: str) -> Job:
        found = _IDENTIFIER.fullmatch(identifier)
        if not found:
            raise invalid(
                "1 validation error detected: Value at 'jobIdentifier' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {_IDENTIFIER.pattern}"
            )
        job = self._jobs.get(found[1])
        if job is None or job.region != region or identifier not in {job.id, job.arn}:
            raise ServiceError("ResourceNotFoundException", "The specified job could not be found.")
        return job

    def _look(self, job: Job) -> None:
        """See where a job stands by now, and read its input when it is time."""
        if job.settled:
            return
        now_s = self._clock()
        stopped_s = job.times.stopped_s
        due_s = validated_s(job.times, job.settings)
        if job.intake is None and now_s >= due_s and (stopped_s is None or stopped_s >= due_s):
            job.intake = read_intake(self._role(job), job.order, job.settings)
        job.standing = standing(job.times, job.settings, job.intake, now_s)
        job.settled = job.standing.status in ENDED and not job.standing.ran

    def _move_on(self, job: Job, until_s: float) -> None:
        """See where a job stands by now, and write the output of one that has ended, as far as patience goes."""
        self._look(job)
        if job.standing.status in ENDED and not job.settled:
            self._write(job, until_s)

    def _write(self, job: Job, until_s: float) -> None:
        if job.steps is None:
            self._begin(job)
        try:
            for error in job.steps or ():
                if error:
                    raise error
                if self._closed or self._stopwatch() > until_s:
                    return
        except RoleRefusedError as error:
            job.failure = f"The service role cannot read the input or write the output of the job. {error}"
        job.settled = True
        job.steps = None

    def _begin(self, job: Job) -> None:
        seed, intake = job.settings.seed, job.intake
        if intake is None:
            raise RuntimeError(job.arn)
        copywriter = self._copywriters.setdefault(seed, Copywriter(seed))
        job.writer = RecordWriter(
            job.order,
            job.settings,
            copywriter=copywriter,
            counters=self._counters,
            seen=self._seen,
            created_s=lambda: self._clock.at(job.standing.since_s).timestamp(),
        )
        output = Output(job.id, job.order, intake, share=job.standing.share, seed=seed)
        job.steps = output.steps(self._role(job), job.writer)

    def _role(self, job: Job) -> Role:
        where = (job.settings.s3_endpoint, job.region)
        if where not in self._roles:
            self._roles[where] = self._role_for(*where)
        return self._roles[where]
