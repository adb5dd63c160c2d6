"""Watches how many requests are in flight, as the simulator sees it."""

from __future__ import annotations

import json
import threading
import time
from types import TracebackType
from typing import Self
from urllib.request import urlopen

_LOOK_S = 0.2


class InFlight:
    """Looks at the simulator's counters all the time, until it is left."""

    def __init__(self, endpoint: str) -> None:
        self._counters = f"{endpoint}/_simulator/counters"
        #: Moment, requests that arrived since the start of this watch, requests in flight.
        self._seen: list[tuple[float, int, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="in flight", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def share(self, *, full: int, requests: int) -> float:
        """Give the mean share of `full` in flight, from when it was first nearly reached to the last of the requests.

        What comes after the last one was sent is the job's tail: replies, and nothing more to send.
        """
        first = next((at for at, (_, _, in_flight) in enumerate(self._seen) if in_flight >= 0.95 * full), 0)
        steady = [in_flight for _, arrived, in_flight in self._seen[first:] if arrived < requests]
        return sum(steady) / len(steady) / full if steady else 0.0

    def _watch(self) -> None:
        before = self._read()[0]
        while not self._over.wait(_LOOK_S):
            arrived, in_flight = self._read()
            self._seen.append((time.monotonic(), arrived - before, in_flight))

    def _read(self) -> tuple[int, int]:
        with urlopen(self._counters) as reply:  # noqa: S310 - our own simulator
            counters = json.load(reply)
        return counters["requests"], counters["in_flight"]
