"""Notices that Redis has fallen silent while a worker waits for messages.

A connection that died without a word looks like one on which nothing comes, and Celery would wait on it for minutes.
"""

from __future__ import annotations

from typing import Any

from celery.bootsteps import StartStopStep
from celery.worker.consumer.tasks import Tasks
from redis.exceptions import ConnectionError as RedisConnectionError

#: Kombu asks for a message each second, so a connection that lives has answered between two looks.
_LOOK_S = 3.0
#: Looks without an answer: the first may come before what arrived is read, in a process that stood still.
_LOOKS = 2


class Hearing(StartStopStep):
    """Has the worker connect again when nothing is heard, not even that there is no message."""

    requires = (Tasks,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._timer: Any = None
        self._heard: tuple[Any, float] | None = None
        self._silent_looks = 0
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Begin to look, at each connection anew."""
        self._heard, self._silent_looks = None, 0
        self._timer = consumer.timer.call_repeatedly(_LOOK_S, self.look, (consumer.task_consumer.channel,))

    def stop(self, _consumer: Any) -> None:
        """Look no more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def look(self, channel: Any) -> None:
        """See whether the connection that waits for a message has had an answer since the last look.

        Raises:
            RedisConnectionError: it has not; Celery then connects again.
        """
        # Kombu: the connection on which it waits, none while all threads are busy. Each answer moves redis-py's next
        # health check on.
        waiting = channel._in_poll  # noqa: SLF001 - said nowhere else
        heard = (waiting, waiting.next_health_check) if waiting else None
        is_silent = heard is not None and heard == self._heard
        self._heard, self._silent_looks = heard, self._silent_looks + 1 if is_silent else 0
        if self._silent_looks >= _LOOKS:
            raise RedisConnectionError(f"Redis has not answered for {_LOOKS * _LOOK_S:.0f} s")
