"""The limiter for all workers: quotas whose state is in Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from redis import Redis

from worker.limits.courier import Courier
from worker.limits.exchange import Exchange
from worker.limits.limiter import LimitKey, Permit, Quotas
from worker.limits.redis_board import RedisBoard, connect
from worker.limits.wants import Asking, Outcome, Told

#: How long closing waits for the last settlements to be told.
_CLOSE_S = 1.8


class SharedLimits:
    """The quotas that the jobs of this process use, shared with all other processes.

    While Redis is out of reach nobody gets a permit: workers pause, they do not run free.
    """

    def __init__(self, redis: Redis | str, *, process: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._redis = connect(redis) if isinstance(redis, str) else redis
        self._process = process
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._couriers: dict[LimitKey, Courier] = {}
        self._closed = False

    def limiter(
        self, key: LimitKey, quotas: Quotas, *, job_id: str, weight: float = 1.0, urgent: bool = False
    ) -> SharedLimiter:
        """Give the limiter of one job; closing it sends only its own waiters home."""
        with self._lock:
            courier = self._couriers.get(key)
            if courier is None:
                exchange = Exchange(RedisBoard(self._redis, key), self._process)
                courier = Courier(exchange, name=key.model, clock_s=self._clock_s)
                self._couriers[key] = courier
                if self._closed:
                    courier.close()
        return SharedLimiter(courier, Asking(job=job_id, weight=weight, urgent=urgent, quotas=quotas))

    def close(self) -> None:
        """Send everybody home and tell Redis what is left to tell; takes two seconds at the most."""
        with self._lock:
            self._closed = True
            couriers = list(self._couriers.values())
        until_s = self._clock_s() + _CLOSE_S
        for courier in couriers:
            courier.close()
        for courier in couriers:
            courier.join(max(0.0, until_s - self._clock_s()))


class SharedLimiter:
    """One job's share of a quota in Redis."""

    def __init__(self, courier: Courier, asking: Asking) -> None:
        self._courier = courier
        self._asking = asking
        self._desk = courier.open(asking)

    @property
    def waiting(self) -> int:
        """How many callers the quota holds back; who has just come, or leaves in a moment, is not among them."""
        return self._desk.held

    @property
    def rate_per_s(self) -> float:
        """The pace of requests of the whole quota at this moment; 0 before the first permit."""
        return self._courier.rate_per_s

    @property
    def waited_s(self) -> float:
        """Seconds that callers have waited for permits, all added up."""
        return self._desk.waited_s

    @property
    def permits(self) -> int:
        """How many permits were given."""
        return self._desk.permits

    def acquire(self, tokens: int) -> Permit | None:
        """Wait until a request that reserves so many tokens may leave; None when the limiter was closed."""
        return self._courier.wait(self._desk, tokens)

    def settle(self, permit: Permit, used_tokens: int) -> None:
        """Say that the request got through and how many tokens of the quota it used."""
        self._courier.tell(Told(self._asking, permit, Outcome.PASSED, used_tokens))

    def throttled(self, permit: Permit) -> None:
        """Say that Bedrock throttled the request."""
        self._courier.tell(Told(self._asking, permit, Outcome.THROTTLED))

    def cancel(self, permit: Permit) -> None:
        """Give the permit back: the request was not sent, or failed without using the quota."""
        self._courier.tell(Told(self._asking, permit, Outcome.UNUSED))

    def close(self) -> None:
        """Let everybody who waits for this job go without a permit."""
        self._courier.close_desk(self._desk)
