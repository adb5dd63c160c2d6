"""Where a job stands at a moment: decided by what is known of it and the clock, by nothing that ran in between."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from worker.simulator.invocation_jobs.intake import Intake
from worker.simulator.settings import SimulatorSettings

_HOUR_S = 3600.0


class Status(StrEnum):
    """Bedrock's words (botocore 1.44.5, ModelInvocationJobStatus)."""

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    EXPIRED = "Expired"


#: Nothing comes after these.
ENDED = frozenset((Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.FAILED, Status.STOPPED, Status.EXPIRED))
#: What a job says of itself in a status.
MESSAGES = {
    Status.PARTIALLY_COMPLETED: "Not all of your records could be processed in time.",
    Status.EXPIRED: "The job timed out before it could begin.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a job was asked for, and to stop."""

    submitted_s: float
    timeout_s: float
    stopped_s: float | None = None

    @classmethod
    def of(cls, submitted_s: float, timeout_hours: int) -> Times:
        """Give the times of a new job."""
        return cls(submitted_s=submitted_s, timeout_s=timeout_hours * _HOUR_S)

    @property
    def stop_s(self) -> float:
        """When it was asked to stop; never is infinitely late."""
        return inf if self.stopped_s is None else self.stopped_s

    @property
    def expiry_s(self) -> float:
        """When it times out."""
        return self.submitted_s + self.timeout_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a job stands."""

    status: Status
    since_s: float
    #: Share of its records that was processed.
    share: float = 0.0
    #: It has been InProgress: there is output.
    ran: bool = False


def validated_s(times: Times, settings: SimulatorSettings) -> float:
    """Say when a job's input is validated: until then it need not be read."""
    return times.submitted_s + settings.batch_validating_s


def standing(times: Times, settings: SimulatorSettings, intake: Intake | None, now_s: float) -> Standing:
    """Say where a job stands; `intake` is needed once its input is validated, unless it was stopped before."""
    checked_s = validated_s(times, settings)
    if intake is None or now_s < checked_s:
        return _not_validated(times, settings, now_s)
    if intake.violation:
        return Standing(status=Status.FAILED, since_s=checked_s)
    begin_s = inf if settings.batch_expires else checked_s + settings.batch_scheduled_s
    if min(now_s, times.stop_s) < min(begin_s, times.expiry_s):
        if times.stopped_s is None:
            return Standing(status=Status.SCHEDULED, since_s=checked_s)
        return _stopped(times.stopped_s, settings, now_s)
    if begin_s >= times.expiry_s:
        return Standing(status=Status.EXPIRED, since_s=times.expiry_s)
    return _begun(begin_s, times, settings, records=intake.records, now_s=now_s)


def _not_validated(times: Times, settings: SimulatorSettings, now_s: float) -> Standing:
    if times.stopped_s is not None:
        return _stopped(times.stopped_s, settings, now_s)
    middle_s = times.submitted_s + settings.batch_validating_s / 2
    if now_s < middle_s:
        return Standing(status=Status.SUBMITTED, since_s=times.submitted_s)
    return Standing(status=Status.VALIDATING, since_s=middle_s)


def _begun(begin_s: float, times: Times, settings: SimulatorSettings, *, records: int, now_s: float) -> Standing:
    lasts_s = settings.batch_s + settings.batch_record_s * records
    through_s = begin_s + lasts_s
    end_s = min(through_s, times.expiry_s)
    most = settings.batch_partial_share or 1.0

    def share(at_s: float) -> float:
        # Not by the quotient alone: a sum of times less one of them may be a hair below the other.
        return most if at_s >= through_s else most * (at_s - begin_s) / lasts_s

    if times.stop_s < end_s:
        return _stopped(times.stop_s, settings, now_s, share=share(times.stop_s), ran=True)
    if now_s < end_s:
        return Standing(status=Status.IN_PROGRESS, since_s=begin_s, share=share(now_s), ran=True)
    status = Status.COMPLETED if share(end_s) >= 1 else Status.PARTIALLY_COMPLETED
    return Standing(status=status, since_s=end_s, share=share(end_s), ran=True)


def _stopped(
    stop_s: float, settings: SimulatorSettings, now_s: float, *, share: float = 0.0, ran: bool = False
) -> Standing:
    ended_s = stop_s + settings.batch_stopping_s
    if now_s < ended_s:
        return Standing(status=Status.STOPPING, since_s=stop_s, share=share, ran=ran)
    return Standing(status=Status.STOPPED, since_s=ended_s, share=share, ran=ran)
