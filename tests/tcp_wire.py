"""A wire to a server that a test can cut: a small TCP proxy."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)


class Wire:
    """Passes on what comes, both ways, until it is cut or goes dead; new connections are always taken."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._lines: list[_Line] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="wire", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # wakes who accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    @property
    def lines(self) -> int:
        """How many connections there are."""
        with self._lock:
            return sum(not line.over for line in self._lines)

    def cut(self) -> None:
        """Reset all connections."""
        for line in self._taken():
            line.end()

    def go_dead(self) -> None:
        """Leave all connections open and bring nothing over any more: they are half open."""
        for line in self._taken():
            line.dead = True

    def _taken(self) -> list[_Line]:
        with self._lock:
            return list(self._lines)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self._to, timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                line = _Line(near, far)
                with self._lock:
                    self._lines = [*(line for line in self._lines if not line.over), line]
                line.start()


class _Line:
    """One connection."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._ends = (near, far)
        self.dead = False
        self.over = False

    def start(self) -> None:
        near, far = self._ends
        for end in self._ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pass_on, args=(source, target), name="line", daemon=True).start()

    def end(self) -> None:
        self.over = True
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            with suppress(OSError):  # wakes who reads
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self.dead:
                    target.sendall(data)
        # Of a dead line the other side hears nothing, whatever happens at this one.
        if not self.dead:
            self.end()
