"""The limiter of the embedded mode: one process, in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from worker.limits.limiter import Permit, Quotas
from worker.limits.pacer import Pacer
from worker.limits.token_bucket import TokenBucket


class MemoryLimiter:
    """Paces requests and tokens of one model for all threads of this process, first come first served.

    Waiters queue at a turnstile; only the one at its head looks at the clock.
    """

    def __init__(
        self, quotas: Quotas, *, clock_s: Callable[[], float] = time.monotonic, unlimited: bool = False
    ) -> None:
        self._clock_s = clock_s
        rpm, tpm = quotas.requests_per_min, quotas.tokens_per_min
        self._pacer = Pacer(told_per_s=None if rpm is None else rpm / 60, now_s=clock_s(), unlimited=unlimited)
        self._bucket = None if tpm is None else TokenBucket(per_min=tpm, now_s=clock_s())
        self._turnstile = threading.Lock()
        self._changed = threading.Condition()
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many callers wait for a permit."""
        return self._waiting

    @property
    def rate_per_s(self) -> float:
        """The pace at this moment."""
        return self._pacer.rate_per_s

    def acquire(self, tokens: int) -> Permit | None:
        """Wait until a request that reserves so many tokens may leave; None when the limiter was closed."""
        self._waiting += 1
        try:
            with self._turnstile, self._changed:
                return self._wait_for(tokens)
        finally:
            self._waiting -= 1

    def _wait_for(self, tokens: int) -> Permit | None:
        waited = False
        while not self._closed:
            now_s = self._clock_s()
            pace_s = self._pacer.wait_s(now_s)
            wait_s = max(pace_s, self._bucket.wait_s(tokens, now_s) if self._bucket else 0.0)
            if wait_s <= 0:
                # More callers behind this one say, as its own waiting does, that the pace is what limits.
                self._pacer.send(now_s, waited=waited or self._waiting > 1)
                if self._bucket:
                    self._bucket.take(tokens, now_s)
                return Permit(now_s, tokens)
            waited = waited or pace_s > 0
            self._changed.wait(wait_s)
        return None

    def settle(self, permit: Permit, used_tokens: int) -> None:
        """Say that the request got through and how many tokens of the quota it used."""
        with self._changed:
            now_s = self._clock_s()
            self._pacer.passed(now_s)
            self._give_back(permit.tokens - used_tokens, now_s)

    def throttled(self, permit: Permit) -> None:
        """Say that Bedrock throttled the request."""
        with self._changed:
            now_s = self._clock_s()
            self._pacer.throttled(permit.sent_s, now_s)
            self._give_back(permit.tokens, now_s)

    def cancel(self, permit: Permit) -> None:
        """Give the permit back: the request was not sent, or failed without using the quota."""
        with self._changed:
            self._give_back(permit.tokens, self._clock_s())

    def close(self) -> None:
        """Let everybody who waits go without a permit."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _give_back(self, tokens: int, now_s: float) -> None:
        if self._bucket:
            self._bucket.give_back(tokens, now_s)
            self._changed.notify()
