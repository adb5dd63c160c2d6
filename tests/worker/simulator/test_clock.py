import urllib.error
from datetime import UTC, datetime

import pytest

from worker.simulator.clock import DrivenClock

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_it_goes_with_the_machines_and_by_what_it_is_pushed_on():
    seconds = [100.0]
    clock = DrivenClock(lambda: seconds[0], START)
    clock.advance(3600)
    seconds[0] += 5
    assert clock() == 3705
    assert clock.at(clock()) == datetime(2026, 11, 1, 1, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_it_never_goes_back_nor_to_the_end_of_time(seconds):
    with pytest.raises(ValueError, match="advance"):
        DrivenClock(lambda: 0.0, START).advance(seconds)


@pytest.mark.servers
def test_it_is_driven_from_another_process(endpoint, ask):
    before = ask(endpoint, "clock")
    after = ask(endpoint, "clock", {"advance_s": 86_400})
    assert after["advanced_s"] == before["advanced_s"] + 86_400
    passed = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    assert 1 <= passed.total_seconds() / 86_400 < 1.01
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(endpoint, "clock", {"advance": 1})
