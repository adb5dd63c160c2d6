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
class Permit:
    """Leave to send one request now."""

    sent_s: float
    #: Reserved against tokens per minute.
    tokens: int


class Limiter(Protocol):
    """Gives permits for one account, model and Region."""

    @property
    def waiting(self) -> int:
        """How many callers wait for a permit."""

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
