"""The limiter of the embedded mode: one process, in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from worker.limits.allowance import Allowance
from worker.limits.limiter import Permit, Quotas


class MemoryLimiter:
    """Paces requests and tokens of one model for all threads of this process, first come first served.

    Waiters queue at a turnstile; only the one at its head looks at the clock.
    """

    def __init__(
        self, quotas: Quotas, *, clock_s: Callable[[], float] = time.monotonic, unlimited: bool = False
    ) -> None:
        self._clock_s = clock_s
        self._allowance = Allowance(quotas, now_s=clock_s(), unlimited=unlimited)
        self._turnstile = threading.Lock()
        self._changed = threading.Condition()
        self._waiting = 0
        self._closed = False
        self.waited_s = 0.0
        self.permits = 0

    @property
    def waiting(self) -> int:
        """How many callers wait for a permit."""
        return self._waiting

    @property
    def rate_per_s(self) -> float:
        """The pace of requests at this moment."""
        return self._allowance.rate_per_s

    def acquire(self, tokens: int) -> Permit | None:
        """Wait until a request that reserves so many tokens may leave; None when the limiter was closed."""
        began_s = self._clock_s()
        self._waiting += 1
        try:
            with self._turnstile, self._changed:
                return self._wait_for(tokens, began_s)
        finally:
            self._waiting -= 1

    def _wait_for(self, tokens: int, began_s: float) -> Permit | None:
        waited = False
        while not self._closed:
            now_s = self._clock_s()
            pace_s = self._allowance.pace_wait_s(now_s)
            wait_s = max(pace_s, self._allowance.tokens_wait_s(tokens, now_s))
            if wait_s <= 0:
                self.waited_s += max(0.0, now_s - began_s)
                self.permits += 1
                # More callers behind this one say, as its own waiting does, that the pace is what limits.
                return self._allowance.grant(tokens, now_s, waited=waited or self._waiting > 1)
            waited = waited or pace_s > 0
            self._changed.wait(wait_s)
        return None

    def settle(self, permit: Permit, used_tokens: int) -> None:
        """Say that the request got through and how many tokens of the quota it used."""
        with self._changed:
            self._allowance.settle(permit, used_tokens, self._clock_s())
            self._given_back()

    def throttled(self, permit: Permit) -> None:
        """Say that Bedrock throttled the request."""
        with self._changed:
            self._allowance.throttled(permit, self._clock_s())
            self._given_back()

    def cancel(self, permit: Permit) -> None:
        """Give the permit back: the request was not sent, or failed without using the quota."""
        with self._changed:
            self._allowance.cancel(permit, self._clock_s())
            self._given_back()

    def close(self) -> None:
        """Let everybody who waits go without a permit."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _given_back(self) -> None:
        # The pace is not mended by a reply: without a quota of tokens nobody has to look again.
        if self._allowance.quotas.tokens_per_min is not None:
            self._changed.notify()
