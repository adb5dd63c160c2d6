"""Requests and tokens a minute, refilled continuously, counted as Bedrock counts them."""

from __future__ import annotations

from dataclasses import dataclass

_MINUTE_S = 60.0


@dataclass(slots=True)
class Bucket:
    """An allowance that refills continuously; settling may bring it below zero."""

    per_min: float
    burst: float
    level: float
    at_s: float

    def refill(self, now_s: float) -> None:
        """Add what has come back since the last look."""
        self.level = min(self.burst, self.level + (now_s - self.at_s) * self.per_min / _MINUTE_S)
        self.at_s = now_s


class Quota:
    """The quota of one model: requests and tokens a minute.

    Source: Bedrock user guide, quotas-token-burndown, read 2026-10: a request reserves its input and max_tokens when
    it starts and is settled to input + cache writes + output x burndown rate when it ends.
    """

    def __init__(self, *, rpm: float, tpm: float, burst_s: float, now_s: float) -> None:
        self._requests = self._bucket(rpm, burst_s, now_s)
        self._tokens = self._bucket(tpm, burst_s, now_s)

    @staticmethod
    def _bucket(per_min: float, burst_s: float, now_s: float) -> Bucket | None:
        if per_min <= 0:
            return None
        burst = max(1.0, per_min * burst_s / _MINUTE_S)
        return Bucket(per_min=per_min, burst=burst, level=burst, at_s=now_s)

    def take(self, tokens: int, now_s: float) -> str:
        """Reserve one request and its tokens; name what is used up, or nothing when there is room."""
        if self._requests:
            self._requests.refill(now_s)
            if self._requests.level < 1:
                return "requests"
        if self._tokens:
            self._tokens.refill(now_s)
            if self._tokens.level < tokens:
                return "tokens"
            self._tokens.level -= tokens
        if self._requests:
            self._requests.level -= 1
        return ""

    def settle(self, reserved_tokens: int, used_tokens: int, now_s: float) -> None:
        """Give back what a request reserved and did not use, or take what it used beyond."""
        if self._tokens:
            self._tokens.refill(now_s)
            self._tokens.level = min(self._tokens.burst, self._tokens.level + reserved_tokens - used_tokens)
