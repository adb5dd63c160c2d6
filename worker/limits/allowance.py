"""What one quota allows at a moment: its pace of requests, and its tokens by Bedrock's own arithmetic."""

from __future__ import annotations

from typing import Any

from worker.limits.limiter import Permit, Quotas
from worker.limits.pacer import Pacer
from worker.limits.token_bucket import TokenBucket

#: Seconds of the quota that requests in flight may hold reserved beyond what they will use.
_HELD_S = 60.0
#: How much of what is known about use and reservation each further reply replaces.
_MEMORY = 0.98
#: The first reply weighs against so many that used all that they reserved: the quickest replies are the shortest.
_PRIOR = 3
_LEAST_USE, _MOST_USE = 0.02, 20.0


class Allowance:
    """The state of one quota without those who want it; a pure state machine, its times in seconds of one clock.

    Bedrock takes input + max_tokens at the start of a request and gives back at its end what was not used. A long
    answer so holds several times what it uses. Two buckets keep both in order: one lets requests leave as fast as
    what they probably use (the share of their reservation that earlier replies used) fits the quota, without lumps;
    the other holds their whole reservations as Bedrock does, a minute's quota of them.

    Source: Bedrock user guide, quotas-token-burndown (read 2026-10), for the arithmetic. AWS does not say whether its
    minute slides, is the clock's or refills evenly. An evenly used quota with few reservations fits all of them; under
    a sliding minute, reservations of k times the use for L seconds cost (k - 1) * L / 60 of it, which shows as
    throttles and is learned.
    """

    def __init__(self, quotas: Quotas, *, now_s: float, unlimited: bool = False) -> None:
        self.quotas = quotas
        self._pacer = Pacer(told_per_s=_per_s(quotas), now_s=now_s, unlimited=unlimited)
        self._use: TokenBucket | None = None
        self._held: TokenBucket | None = None
        self._used_tokens = self._reserved_tokens = 0.0
        self._open_buckets(now_s)

    def _open_buckets(self, now_s: float) -> None:
        per_min = self.quotas.tokens_per_min
        if per_min is None:
            self._use = self._held = None
        elif self._use and self._held:
            self._use.tell(per_min)
            self._held.tell(per_min)
        else:
            self._use = TokenBucket(per_min=per_min, now_s=now_s)
            self._held = TokenBucket(per_min=per_min, now_s=now_s, burst_s=_HELD_S, first_s=_HELD_S)

    def tell(self, quotas: Quotas, now_s: float) -> None:
        """Take other told quotas; what was learned stays."""
        if quotas != self.quotas:
            self.quotas = quotas
            self._pacer.tell(_per_s(quotas))
            self._open_buckets(now_s)

    @property
    def rate_per_s(self) -> float:
        """The pace of requests at this moment."""
        return self._pacer.rate_per_s

    def pace_wait_s(self, now_s: float) -> float:
        """Say how long the pace holds the next request back."""
        return self._pacer.wait_s(now_s)

    def tokens_wait_s(self, tokens: int, now_s: float) -> float:
        """Say how long a request that reserves so many tokens waits for them."""
        if not (self._use and self._held):
            return 0.0
        return max(self._use.wait_s(tokens * self._share_used(), now_s), self._held.wait_s(tokens, now_s))

    def idle_s(self, tokens: int, now_s: float) -> float:
        """Say for how long such a request could have left by now; below 0 while it could not."""
        idle_s = self._pacer.idle_s(now_s)
        if self._use and self._held:
            idle_s = min(idle_s, self._use.idle_s(tokens * self._share_used(), now_s), self._held.idle_s(tokens, now_s))
        return idle_s

    def grant(self, tokens: int, now_s: float, *, after_s: float = 0.0, waited: bool) -> Permit:
        """Let a request leave, so many seconds from now; `waited` says that the pace held it back."""
        self._pacer.send(now_s + after_s, waited=waited)
        expected = tokens * self._share_used()
        if self._use and self._held:
            self._use.take(expected, now_s)
            self._held.take(tokens, now_s)
        return Permit(now_s, tokens, expected, self.share_s(expected))

    def share_s(self, used_tokens: float) -> float:
        """Say how many seconds of the whole quota a request takes that uses so many tokens."""
        return max(1 / self._pacer.rate_per_s, used_tokens / self._use.per_s if self._use else 0.0)

    def settle(self, permit: Permit, used_tokens: int, now_s: float) -> None:
        """Take note that a request got through, and what it used."""
        self._pacer.passed(now_s)
        self._give_back(permit, used_tokens, now_s)
        if permit.tokens > 0:
            if not self._reserved_tokens:
                self._used_tokens = self._reserved_tokens = float(_PRIOR * permit.tokens)
            self._used_tokens = self._used_tokens * _MEMORY + max(0, used_tokens)
            self._reserved_tokens = self._reserved_tokens * _MEMORY + permit.tokens

    def throttled(self, permit: Permit, now_s: float) -> None:
        """Take note that Bedrock throttled a request."""
        self._pacer.throttled(permit.sent_s, now_s)
        self._give_back(permit, 0, now_s)

    def cancel(self, permit: Permit, now_s: float) -> None:
        """Take a permit back whose request used nothing."""
        self._give_back(permit, 0, now_s)

    def as_plain(self) -> list[Any]:
        """Write all of it down."""
        buckets = [self._use.as_plain(), self._held.as_plain()] if self._use and self._held else None
        told = [self.quotas.requests_per_min, self.quotas.tokens_per_min]
        known = [round(self._used_tokens, 1), round(self._reserved_tokens, 1)]
        return [told, self._pacer.as_plain(), buckets, known]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Allowance:
        """Take up where `as_plain` left off."""
        told, pacer, buckets, known = plain
        allowance = cls(Quotas(*told), now_s=0.0)
        allowance._pacer.restore(pacer)
        if buckets and allowance._use and allowance._held:
            allowance._use.restore(buckets[0])
            allowance._held.restore(buckets[1])
        allowance._used_tokens, allowance._reserved_tokens = known
        return allowance

    def _share_used(self) -> float:
        if not self._reserved_tokens:
            return 1.0
        return min(_MOST_USE, max(_LEAST_USE, self._used_tokens / self._reserved_tokens))

    def _give_back(self, permit: Permit, used_tokens: int, now_s: float) -> None:
        if self._use and self._held:
            self._use.give_back(permit.expected_tokens - used_tokens, now_s)
            self._held.give_back(permit.tokens - used_tokens, now_s)


def _per_s(quotas: Quotas) -> float | None:
    return None if quotas.requests_per_min is None else quotas.requests_per_min / 60
