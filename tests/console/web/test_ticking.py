from __future__ import annotations

import logging
import threading

import pytest

from console.web.ticking import Ticking
from templates.errors import SkuscribeError


class _Clock:
    """Waits no time; says after so many waits that it was stopped."""

    def __init__(self, waits):
        self._waits = waits
        self.waited_s = []
        self.over = threading.Event()

    def __call__(self, wait_s):
        self.waited_s.append(wait_s)
        if len(self.waited_s) < self._waits:
            return False
        self.over.set()
        return True


def _ticked(tick, waits=3):
    clock = _Clock(waits)
    with Ticking(tick, every_s=60, wait=clock):
        assert clock.over.wait(10)
    return clock


def test_it_ticks_at_once_and_then_every_so_often():
    ticks = []
    clock = _ticked(lambda: ticks.append(1))
    assert len(ticks) == 3
    assert clock.waited_s == [60, 60, 60]


@pytest.mark.parametrize(
    ("error", "level"), [(SkuscribeError("The store is away."), "WARNING"), (ZeroDivisionError("by zero"), "ERROR")]
)
def test_a_tick_that_fails_is_told_and_the_next_one_comes(caplog, error, level):
    ticks = []

    def tick():
        ticks.append(1)
        if len(ticks) == 1:
            raise error

    with caplog.at_level(logging.INFO):
        _ticked(tick)
    assert len(ticks) == 3
    assert [record.levelname for record in caplog.records] == [level]
    assert "the next one comes in 60 s" in caplog.text


def test_the_end_waits_for_a_tick_that_is_under_way_and_starts_no_other():
    began, ended = threading.Event(), []

    def tick():
        began.set()
        ticking._stopped.wait(10)
        ended.append(1)

    ticking = Ticking(tick, every_s=3600)
    with ticking:
        assert began.wait(10)
    assert ended == [1]
    assert not ticking._thread.is_alive()
