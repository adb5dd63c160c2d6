"""Tokens per minute by Bedrock's own arithmetic: reserve at the start, settle at the end."""

from __future__ import annotations

_SHARE_OF_TOLD = 0.985
#: Seconds of the quota that may gather while nothing is sent.
_BURST_S = 5.0
#: Seconds of the quota that are there at the start.
_FIRST_S = 1.0


class TokenBucket:
    """A quota of tokens per minute, refilled continuously; a pure state machine, its times in seconds of one clock.

    Source: Bedrock user guide, quotas-token-burndown (read 2026-10): input + max_tokens are taken at the start,
    and at the end input + cache writes + output x burndown rate stay taken.
    """

    def __init__(self, *, per_min: float, now_s: float, burst_s: float = _BURST_S, first_s: float = _FIRST_S) -> None:
        self._burst_s = burst_s
        self._at_s = now_s
        self._level = 0.0
        self.tell(per_min)
        self._level = self.per_s * first_s

    def tell(self, per_min: float) -> None:
        """Take another quota; what has gathered stays, as far as it fits."""
        self.per_s = per_min / 60 * _SHARE_OF_TOLD
        self._most = self.per_s * self._burst_s
        self._level = min(self._most, self._level)

    def wait_s(self, tokens: float, now_s: float) -> float:
        """Say how long a request of so many tokens has to wait; one above the burst waits until the bucket is full."""
        return max(0.0, -self.idle_s(tokens, now_s))

    def idle_s(self, tokens: float, now_s: float) -> float:
        """Say for how long so many tokens have been there by now; below 0 while they are not."""
        self._refill(now_s)
        # A request larger than the burst would wait for ever: it may take the bucket below zero once it is full.
        return (self._level - min(tokens, self._most)) / self.per_s

    def take(self, tokens: float, now_s: float) -> None:
        """Reserve for a request that leaves now."""
        self._refill(now_s)
        self._level -= tokens

    def give_back(self, tokens: float, now_s: float) -> None:
        """Settle: give back what was reserved and not used (negative when more was used)."""
        self._refill(now_s)
        self._level = min(self._most, self._level + tokens)

    def as_plain(self) -> list[float]:
        """Write down what cannot be told again."""
        return [round(self._level, 3), round(self._at_s, 6)]

    def restore(self, plain: list[float]) -> None:
        """Take up where `as_plain` left off."""
        self._level, self._at_s = min(self._most, plain[0]), plain[1]

    def _refill(self, now_s: float) -> None:
        # A clock that went back refills nothing, and does not refill twice when it comes forward again.
        passed_s = max(0.0, now_s - self._at_s)
        self._level = min(self._most, self._level + passed_s * self.per_s)
        self._at_s = max(self._at_s, now_s)
