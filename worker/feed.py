"""What the sending threads take next: fresh items, those whose wait is over, those that the cap held back."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from itertools import count

from worker.composing import Task

#: Gives the next fresh tasks in order: empty when there are none at the moment, None when there will be no more.
Loader = Callable[[], list[Task] | None]
_PAGE = 250
#: How soon a reservation that the cap refused is tried again while other processes may free some.
_CAP_AGAIN_S = 0.5
#: While so many wait to come again, no more are taken from the store: memory does not grow with an outage.
_MOST_WAITING = 1000


def by_pages(load: Callable[[int, int], list[Task]]) -> Loader:
    """Load a whole job by `load(after, size)`, which gives the next tasks after an item id, none at its end."""
    after = 0

    def next_page() -> list[Task] | None:
        nonlocal after
        page = load(after, _PAGE)
        if not page:
            return None
        after = page[-1].item.id
        return page

    return next_page


class Feed:
    """Hands out tasks to threads until all are done or the job stops.

    It starts alone: one task at a time, so that what would hit every item hits one; `open_up` ends that.
    `settled` is told each task that is done; `may_come_free` says whether other processes hold reservations.
    """

    def __init__(
        self,
        load: Loader,
        *,
        clock_s: Callable[[], float],
        alone: bool = True,
        settled: Callable[[Task], None] = lambda _: None,
        may_come_free: Callable[[], bool] = lambda: False,
    ) -> None:
        self._load = load
        self._clock_s = clock_s
        self._settled = settled
        self._may_come_free = may_come_free
        self._changed = threading.Condition()
        self._ready: deque[Task] = deque()
        self._later: list[tuple[float, int, Task]] = []
        self._held: list[Task] = []
        self._number = count()
        self._loaded_all = False
        self._out = 0
        #: Requests on their way, and those that are asking for their reservation.
        self._sent = 0
        self._ended = 0
        self._alone = alone
        self.stopped: str | None = None

    @property
    def is_alone(self) -> bool:
        """Whether no request has had a good reply yet."""
        return self._alone

    def take(self) -> Task | None:
        """Give the next task, waiting for it; None when there will be no more."""
        with self._changed:
            while True:
                if self.stopped is not None:
                    return None
                task = None if self._alone and self._out else self._next()
                if task:
                    self._out += 1
                    return task
                if self._is_over():
                    self._changed.notify_all()
                    return None
                self._changed.wait(self._until_due_s())

    def done(self, task: Task) -> None:
        """Say that a taken task is finished, or waits for its next try in the store."""
        self._settled(task)
        with self._changed:
            self._out -= 1
            self._changed.notify_all() if self._alone or self._is_over() else self._changed.notify()

    def wake(self) -> None:
        """Say that there are fresh tasks to load."""
        with self._changed:
            self._changed.notify_all()

    def later(self, task: Task, wait_s: float) -> None:
        """Put a taken task back, to come again after a wait."""
        with self._changed:
            self._out -= 1
            self._push(task, wait_s)

    def ask(self) -> int:
        """Say that a taken task asks for its reservation; give the number that `hold` wants if it is refused."""
        with self._changed:
            self._sent += 1
            return self._ended

    def ended(self) -> None:
        """Say that a request is no longer on its way; what the cap held back may try again."""
        with self._changed:
            self._sent -= 1
            self._ended += 1
            self._release()

    def hold(self, task: Task, asked: int) -> None:
        """Put back a taken task whose reservation did not fit under the cap; stop when nothing can come free."""
        with self._changed:
            self._out -= 1
            self._sent -= 1
            if self._sent or self._ended != asked:
                self._held.append(task)
                if not self._sent:
                    self._release()
                return
        # Refused while nothing was on its way from here.
        if self._may_come_free():
            with self._changed:
                self._push(task, _CAP_AGAIN_S)
            return
        with self._changed:
            self._stop("cap")
            self._held.append(task)

    def _release(self) -> None:
        if self._held:
            self._ready.extend(self._held)
            self._held.clear()
            self._changed.notify_all()

    def open_up(self) -> None:
        """Let everybody in: a request has had a good reply."""
        if self._alone:
            with self._changed:
                self._alone = False
                self._changed.notify_all()

    def stop(self, reason: str) -> None:
        """Hand out nothing more; what is taken may finish."""
        with self._changed:
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        if self.stopped is None:
            self.stopped = reason
        self._changed.notify_all()

    def _push(self, task: Task, wait_s: float) -> None:
        heapq.heappush(self._later, (self._clock_s() + wait_s, next(self._number), task))
        self._changed.notify()

    def _next(self) -> Task | None:
        if self._later and self._later[0][0] <= self._clock_s():
            return heapq.heappop(self._later)[2]
        if self._alone and self._later:
            # The first request is to come again: as long as it has had no reply, no other goes out in its place.
            return None
        if not self._ready and not self._loaded_all and len(self._later) < _MOST_WAITING:
            page = self._load()
            self._loaded_all = page is None
            self._ready.extend(page or ())
        return self._ready.popleft() if self._ready else None

    def _is_over(self) -> bool:
        return self._loaded_all and not (self._out or self._ready or self._later or self._held)

    def _until_due_s(self) -> float | None:
        return max(0.0, self._later[0][0] - self._clock_s()) if self._later else None
