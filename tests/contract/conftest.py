"""The kinds on which one suite runs: each implementation of a port is one entry here and nothing else."""

import pytest
from store_making import opened

from jobs.store.database import open_database
from jobs.store.store import store_on
from worker.limits.limiter import LimitKey, Quotas
from worker.limits.memory import MemoryLimiter
from worker.limits.shared import SharedLimits

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.servers))
LIMITERS = ("memory", pytest.param("redis", marks=pytest.mark.servers))


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    if request.param == "postgresql":
        store = store_on(open_database(request.getfixturevalue("postgresql_url")))
    else:
        store = opened(tmp_path)
    yield store
    store.engine.dispose()


@pytest.fixture(params=LIMITERS)
def limiter_of(request):
    """Make a limiter: limiter_of(rpm=…, tpm=…)."""
    made = []
    limits = SharedLimits(request.getfixturevalue("redis_url"), process="p") if request.param == "redis" else None

    def make(*, rpm=None, tpm=None):
        quotas = Quotas(rpm, tpm)
        if limits:
            key = LimitKey("simulated", "", "us-east-1", f"{request.node.name} {len(made)}")
            made.append(limits.limiter(key, quotas, job_id="j"))
        else:
            made.append(MemoryLimiter(quotas))
        return made[-1]

    yield make
    for limiter in made:
        limiter.close()
    if limits:
        limits.close()
