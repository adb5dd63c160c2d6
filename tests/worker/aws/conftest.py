from __future__ import annotations

import json
import os
import socket
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture(autouse=True)
def no_aws_of_this_machine(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


class StandIn:
    """A server on a port that answers by path: (status, body, headers), or a function of the connection."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                answer = next((answer for part, answer in outer.answers.items() if part in self.path), None)
                if callable(answer):
                    answer(self)
                    return
                status, content, headers = answer or (404, b"", {})
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815 - http.server calls it so

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def says(self, part, content, *, status=200, **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[part] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def stand_in():
    standing = StandIn()
    thread = threading.Thread(target=standing.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield standing
    standing.server.shutdown()
    thread.join()
    standing.server.server_close()


def hang_up(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def event(kind, payload, *, message_type="event"):
    """One frame of an AWS event stream."""
    named = {":message-type": message_type, f":{message_type}-type": kind, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in named.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(headers) + len(body) + 16, len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack("!I", zlib.crc32(message))


@pytest.fixture
def wire():
    """Bits of the wire that tests put together."""

    class Wire:
        pass

    Wire.event = staticmethod(event)
    Wire.hang_up = staticmethod(hang_up)
    return Wire
