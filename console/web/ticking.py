from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Self

from templates.errors import SkuscribeError

#: How long the end waits for a tick that is under way.
_PATIENCE_S = 10.0
_LOG = logging.getLogger("skuscribe.tick")


class Ticking:
    """Calls a tick again and again in a thread of its own, whatever becomes of single ticks.

    Use it as a context manager. `wait` waits so many seconds and says whether it was stopped meanwhile.
    """

    def __init__(
        self, tick: Callable[[], None], *, every_s: float, wait: Callable[[float], bool] | None = None
    ) -> None:
        self._tick = tick
        self._every_s = every_s
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        stopped = False
        while not stopped:
            try:
                self._tick()
            except SkuscribeError as error:
                _LOG.warning("the tick failed, the next one comes in %g s: %s", self._every_s, error.message)
            except Exception:  # noqa: BLE001 - whatever it is, the next tick may do its work
                _LOG.exception("the tick failed, the next one comes in %g s", self._every_s)
            stopped = self._wait(self._every_s)
