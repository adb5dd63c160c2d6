from __future__ import annotations

import errno
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from templates.errors import UserError

_BACKLOG = 512
#: How long the end waits for answers that are under way.
_LAST_ANSWERS_S = 10
_PROBES = ("/health", "/ready", "/metrics")
_OK = 200


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 takes a free one.

    Raises:
        UserError: it is taken, or the address is not one of this machine.
    """
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        reason = "it is taken" if taken else getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"The server cannot listen on {host}, port {port}: {reason}.",
            fix="Choose another --port; 0 takes a free one." if taken else "Choose another --host or --port.",
            code="port",
        ) from error


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Answer until SIGTERM or Ctrl-C; what is under way is answered first."""
    logging.getLogger("uvicorn.access").addFilter(_is_worth_a_line)
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    server = uvicorn.Server(config)
    with _signals_end(server):
        server.run(sockets=[listening])


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out probes that went well: they come every few seconds."""
    match record.args:
        case (_, _, str(path), _, int(status)):
            return path not in _PROBES or status != _OK
    return True


@contextmanager
def _signals_end(server: uvicorn.Server) -> Iterator[None]:
    """Have a signal end the server and not the process: before it listens for them, and when it raises them again."""

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
