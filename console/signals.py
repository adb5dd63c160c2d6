"""Ctrl-C and SIGTERM: the first stops the job so that it can be resumed, the second ends the process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from console.output import say
from jobs.lifecycle import StopReason


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], StopReason | None]]:
    """Catch the signals; give the function that says whether one came."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        say("Stopping: waiting for the replies that are paid for. Once more ends it at once.")

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: StopReason.SIGNAL if came else None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
