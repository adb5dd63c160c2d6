"""What a process wants of a quota, what it has to tell, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from worker.limits.limiter import Permit, Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and how that counts."""

    job: str
    weight: float = 1.0
    #: Before all that is not: somebody looks at the screen.
    urgent: bool = False
    #: What its user, or Service Quotas, said.
    quotas: Quotas = field(default_factory=Quotas)


class Want(NamedTuple):
    """The callers of one job who wait in one process; first come, first served."""

    asking: Asking
    #: What each reserves.
    tokens: list[int]


class Outcome(StrEnum):
    """How a request ended, as far as the quota is concerned."""

    PASSED = "passed"
    THROTTLED = "throttled"
    UNUSED = "unused"


class Told(NamedTuple):
    """The end of one request."""

    asking: Asking
    permit: Permit
    outcome: Outcome
    used_tokens: int = 0


class Leave(NamedTuple):
    """A permit, and in how many seconds its request is to leave."""

    permit: Permit
    after_s: float


class Given(NamedTuple):
    """The answer to one step of a process."""

    #: For each want, permits for its first callers.
    leaves: list[list[Leave]]
    #: When to ask again for those who got none.
    again_s: float
    rate_per_s: float
