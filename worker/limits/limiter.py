"""The port of the limiter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Quotas:
    """What a model may be asked a minute; None where nobody said, so that it is learned."""

    requests_per_min: float | None = None
    tokens_per_min: float | None = None


@dataclass(frozen=True, slots=True)
class LimitKey:
    """What has a quota of its own."""

    realm: str
    #: AWS's number of it; empty where none is known.
    account: str
    region: str
    model: str


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one request now."""

    #: When it was given, by the limiter's clock.
    sent_s: float
    #: Reserved against tokens per minute.
    tokens: int
    #: What it will probably have used of them.
    expected_tokens: float = 0.0
    #: What the job is charged for it, in seconds of the whole quota.
    share_s: float = 0.0


class Limiter(Protocol):
    """Gives permits for one account, model and Region."""

    @property
    def waiting(self) -> int:
        """How many callers wait for a permit."""

    @property
    def rate_per_s(self) -> float:
        """The pace of requests at this moment."""

    @property
    def waited_s(self) -> float:
        """Seconds that callers have waited for permits, all added up."""

    @property
    def permits(self) -> int:
        """How many permits were given."""

    def acquire(self, tokens: int) -> Permit | None:
        """Wait until a request that reserves so many tokens may leave; None when the limiter was closed."""

    def settle(self, permit: Permit, used_tokens: int) -> None:
        """Say that the request got through and how many tokens of the quota it used."""

    def throttled(self, permit: Permit) -> None:
        """Say that Bedrock throttled the request."""

    def cancel(self, permit: Permit) -> None:
        """Give the permit back: the request was not sent, or failed without using the quota."""

    def close(self) -> None:
        """Let everybody who waits go without a permit."""
