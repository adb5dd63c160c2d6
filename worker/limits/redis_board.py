"""The board in Redis: one hash for each quota, written by compare-and-set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from templates.errors import without_passwords
from worker.limits.board import BoardAwayError, Posted
from worker.limits.limiter import LimitKey

_SWAP = (Path(__file__).parent / "swap.lua").read_text(encoding="utf-8")
_KEPT_S = 24 * 3600
#: A Redis that hangs must not hang a stop.
_TIMEOUT_S = 0.8
#: Changes with the layout of the state, so that workers of two versions do not misread each other.
_LAYOUT = 1


def connect(url: str) -> Redis:
    """Give a client whose calls fail soon instead of trying again by themselves."""
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        client_name="skuscribe-limits",
    )


class RedisBoard:
    """Keeps the state of one quota in Redis 6.2 or later, or Valkey."""

    def __init__(self, client: Redis, key: LimitKey) -> None:
        # Its stubs give the answers of the synchronous and the asynchronous client in one type.
        self._client: Any = client
        self._key = f"skuscribe:limit:{_LAYOUT}:{key.realm}:{key.account}:{key.region}:{key.model}"
        self._swap = self._client.register_script(_SWAP)

    def read(self) -> Posted:
        """Read time and state in one round trip."""
        with _told():
            (seconds, micros), (version, state) = (
                self._client.pipeline(transaction=False).time().hmget(self._key, "version", "state").execute()
            )
        return _posted(seconds, micros, version, state)

    def swap(self, seen: int, version: int, state: str) -> Posted | None:
        """Write unless somebody else has written since."""
        with _told():
            answer = self._swap(keys=[self._key], args=[seen, version, state, _KEPT_S])
        return _posted(*answer) if answer else None


def _posted(seconds: Any, micros: Any, version: Any, state: Any) -> Posted:
    text = state.decode() if isinstance(state, bytes) else state or ""
    return Posted(int(seconds) + int(micros) / 1e6, int(version or 0), text)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise BoardAwayError(without_passwords(str(error))) from error
