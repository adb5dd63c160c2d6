from __future__ import annotations

import pytest

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings


@pytest.fixture(scope="session")
def s3_endpoint():
    """An S3 with a bucket, for all tests of this process."""
    with start_simulator(SimulatorSettings(s3=1)) as simulator:
        yield simulator.s3_endpoint


@pytest.fixture
def batches(s3_endpoint, monkeypatch):
    """A simulator of this test's own on that S3, and the environment that leads there."""
    from batch_commands import Batches  # noqa: PLC0415 - only for tests that start it

    with Batches(s3_endpoint) as batches:
        for name, value in batches.environ().items():
            monkeypatch.setenv(name, value)
        yield batches
