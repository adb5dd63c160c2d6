from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from worker.simulator.errors import ServiceError
from worker.simulator.invocation_jobs.intake import Intake
from worker.simulator.invocation_jobs.order import Order
from worker.simulator.invocation_jobs.record import RecordWriter
from worker.simulator.invocation_jobs.standing import ENDED, MESSAGES, Standing, Status, Times
from worker.simulator.settings import SimulatorSettings


@dataclass(slots=True, kw_only=True)
class Job:
    """A model invocation job; everything about it goes by the settings of when it was created."""

    number: int
    arn: str
    region: str
    order: Order
    settings: SimulatorSettings
    times: Times
    #: Where it stood when somebody asked last.
    standing: Standing = field(init=False)
    #: What validation found, once its input was read.
    intake: Intake | None = None
    #: What its output counted so far, and the steps that are left of it.
    writer: RecordWriter | None = None
    steps: Iterator[ServiceError | None] | None = None
    #: Its output lies in S3, or there is none.
    settled: bool = False
    #: Why its output could not be written.
    failure: str = ""

    def __post_init__(self) -> None:
        self.standing = Standing(status=Status.SUBMITTED, since_s=self.times.submitted_s)

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def holds_slot(self) -> bool:
        """Whether it counts against the quota of jobs in progress and submitted."""
        return self.standing.status not in ENDED

    @property
    def status(self) -> Status:
        """Where it stands, as Bedrock says: ended only when its output is there."""
        status = self.standing.status
        if self.failure:
            return Status.FAILED
        if status in ENDED and not self.settled:
            return Status.STOPPING if status is Status.STOPPED else Status.IN_PROGRESS
        return status

    def as_json(self, at: Callable[[float], datetime]) -> dict[str, Any]:
        """Describe it, as Get and List do; `at` gives the time of day of a moment."""
        order, status = self.order, self.status
        body: dict[str, Any] = {
            "jobArn": self.arn,
            "jobName": order.name,
            "modelId": order.model_id,
            "roleArn": order.role_arn,
            "status": status,
            "submitTime": _written(at(self.times.submitted_s)),
            "lastModifiedTime": _written(at(self.standing.since_s)),
            "jobExpirationTime": _written(at(self.times.expiry_s)),
            "timeoutDurationInHours": order.timeout_hours,
            "modelInvocationType": order.format,
            **order.echoed,
            **self._counts(),
        }
        if order.token:
            body["clientRequestToken"] = order.token
        if status in ENDED:
            body["endTime"] = _written(at(self.standing.since_s))
        violation = self.intake.violation if self.intake and status is Status.FAILED else ""
        message = self.failure or violation or MESSAGES.get(status, "")
        return body | ({"message": message} if message else {})

    def _counts(self) -> dict[str, int]:
        """Count its records: as its output has them, or about how many it would have by now."""
        total = self.intake.records if self.intake else 0
        if self.writer and self.settled:
            succeeded, failed = self.writer.succeeded, self.writer.failed
        else:
            processed = int(self.standing.share * total)
            failed = int(processed * self.settings.batch_error_rate)
            succeeded = processed - failed
        return {
            "totalRecordCount": total if self.standing.ran else 0,
            "processedRecordCount": succeeded + failed,
            "successRecordCount": succeeded,
            "errorRecordCount": failed,
        }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
