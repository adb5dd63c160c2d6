"""Messages between two processes: JSON, each with its length."""

from __future__ import annotations

import json
import os
import select
from decimal import Decimal
from typing import IO, Any

_LENGTH_BYTES = 8
_CHUNK_BYTES = 1 << 20
#: Half a surrogate pair, which some writers leave in a cell, goes through as it is.
_ERRORS = "surrogatepass"


class SilentError(Exception):
    """The other side did nothing in time."""


def frame_of(kind: str, value: Any) -> bytes:
    """Write one message as bytes; an amount in it becomes a list of its digits."""
    text = json.dumps([kind, value], ensure_ascii=False, separators=(",", ":"), default=_digits)
    body = text.encode("utf-8", _ERRORS)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def _digits(amount: Decimal) -> list[str]:
    return [str(amount)]


def write_frame(out: IO[bytes], kind: str, value: Any) -> None:
    """Send one message, however long the other side takes for it."""
    out.write(frame_of(kind, value))
    out.flush()


class FrameWriter:
    """Sends messages into a pipe, and waits for the other side to take each no longer than told."""

    def __init__(self, descriptor: int, silence_s: float) -> None:
        self._descriptor = descriptor
        self._silence_ms = int(silence_s * 1000)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        os.set_blocking(descriptor, False)

    def write(self, kind: str, value: Any) -> None:
        """Send one message.

        Raises:
            SilentError: it was not taken in time.
            OSError: the other side is gone.
        """
        left = memoryview(frame_of(kind, value))
        while left:
            if not self._poll.poll(self._silence_ms):
                raise SilentError
            left = left[os.write(self._descriptor, left[:_CHUNK_BYTES]) :]


class FrameReader:
    """Receives messages from a pipe, and waits for each no longer than told, None for as long as it takes."""

    def __init__(self, descriptor: int, silence_s: float | None) -> None:
        self._descriptor = descriptor
        self._silence_ms = None if silence_s is None else int(silence_s * 1000)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._buffer = bytearray()

    def read(self) -> tuple[str, Any] | None:
        """Give the next message, None when the other side is gone.

        Raises:
            SilentError: it did not come in time.
        """
        head = self._take(_LENGTH_BYTES)
        body = self._take(int.from_bytes(head, "big")) if head is not None else None
        if body is None:
            return None
        kind, value = json.loads(body.decode("utf-8", _ERRORS))
        return kind, value

    def _take(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not self._poll.poll(self._silence_ms):
                raise SilentError
            chunk = os.read(self._descriptor, _CHUNK_BYTES)
            if not chunk:
                return None
            self._buffer += chunk
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
