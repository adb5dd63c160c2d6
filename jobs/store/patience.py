"""Waiting for a database that went away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from jobs.store.failures import StoreLostError

T = TypeVar("T")

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 1.0


def patiently(
    work: Callable[[], T],
    *,
    most_s: float,
    sleep: Callable[[float], object],
    clock_s: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
) -> T:
    """Do the work again, with growing waits, as long as the database is lost.

    Raises:
        StoreLostError: it was still lost after `most_s`, or `stop` said that nobody waits any more.
    """
    until_s = clock_s() + most_s
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return work()
        except StoreLostError:
            if stop() or clock_s() + wait_s > until_s:
                raise
        sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
