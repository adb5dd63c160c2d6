"""The kinds on which one suite runs: each implementation of a port is one entry here and nothing else."""

import pytest
from store_making import opened

from worker.limits.limiter import Quotas
from worker.limits.memory import MemoryLimiter

STORES = {"sqlite": opened}
LIMITERS = {"memory": MemoryLimiter}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    store = STORES[request.param](tmp_path)
    yield store
    store.engine.dispose()


@pytest.fixture(params=LIMITERS)
def limiter_of(request):
    """Make a limiter: limiter_of(rpm=…, tpm=…)."""
    made = []

    def make(*, rpm=None, tpm=None, **options):
        made.append(LIMITERS[request.param](Quotas(rpm, tpm), **options))
        return made[-1]

    yield make
    for limiter in made:
        limiter.close()
