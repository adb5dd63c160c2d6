"""The states of a job and why it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from jobs.results import ItemState


class JobState(StrEnum):
    """Where a job stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    STOPPED = "stopped"
    FAILED = "failed"


#: States in which nobody works on a job any more.
ENDED = (JobState.DONE, JobState.PARTIAL, JobState.STOPPED, JobState.FAILED)


class StopReason(StrEnum):
    """Why a job was stopped before its end."""

    CAP = "cap"
    USER = "user"
    SIGNAL = "signal"
    DEADLINE = "deadline"


def end_state(items: Mapping[str, int]) -> JobState:
    """Give the state of a job that has run to its end, from its items by state."""
    unhappy = items.get(ItemState.FAILED, 0) + items.get(ItemState.FLAGGED, 0) + items.get(ItemState.PENDING, 0)
    return JobState.PARTIAL if unhappy else JobState.DONE
