import time

from worker.limits.limiter import Quotas
from worker.limits.memory import MemoryLimiter


def test_without_any_quota_nothing_waits():
    limiter = MemoryLimiter(Quotas(), unlimited=True)
    began = time.monotonic()
    for _ in range(500):
        limiter.settle(limiter.acquire(10), 10)
    assert time.monotonic() - began < 2
