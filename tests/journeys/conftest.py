from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest

from jobs.clock import utc_now
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings
from worker.wiring import Assembly, wire


class Hands:
    """The clock of the commands in this process, which a test may put forward."""

    def __init__(self):
        self._forward_s = 0.0

    def forward(self, seconds):
        self._forward_s += seconds

    def now(self):
        return utc_now() + timedelta(seconds=self._forward_s)

    def seconds(self):
        return time.monotonic() + self._forward_s


@pytest.fixture
def clock(monkeypatch):
    hands = Hands()
    monkeypatch.setitem(wire.__kwdefaults__, "clock", hands.now)
    monkeypatch.setattr("worker.wiring.Assembly", partial(Assembly, clock_s=hands.seconds))
    return hands


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
