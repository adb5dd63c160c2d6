"""An Amazon S3 that the tests bring along: buckets in memory, as much of the wire as the product speaks.

    with S3StandIn("shop-files") as s3:
        ... AWS_ENDPOINT_URL_S3=s3.endpoint ...
        assert s3.objects["shop-files/skuscribe/sources/…"].content == b"…"

Uploads in parts, ranges and HEAD are answered as S3 does; what is in `refused` gets 403, `busy` counts down 503s, and
`cut_off` counts down replies that end in the middle.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

_ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>No.</Message></Error>'
_ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}


@dataclass
class Kept:
    """An object: its content and its metadata, by lower-case header."""

    content: bytes
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """As S3 names an object that was uploaded whole."""
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


class S3StandIn:
    """The server, as a context manager."""

    def __init__(self, *buckets: str) -> None:
        """Set it up with empty buckets."""
        self.buckets = set(buckets)
        #: `bucket/key` -> object.
        self.objects: dict[str, Kept] = {}
        #: IAM actions that the caller lacks.
        self.refused: set[str] = set()
        #: Requests, by method and what is done: `PUT`, `PUT part`, `POST start`, `POST end`, …
        self.counts: Counter[str] = Counter()
        self.busy = 0
        self.cut_off = 0
        self.parts: dict[str, dict[int, bytes]] = {}
        self.begun: dict[str, dict[str, str]] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.s3 = self
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environ(self) -> dict[str, str]:
        """The environment that leads boto3 here."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    s3: S3StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        s3, url = self.server.s3, urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        path = unquote(url.path).removeprefix("/")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if "uploadId" in query or "uploads" in query:
            what = {"POST": "end" if "uploadId" in query else "start", "PUT": "part"}.get(self.command, "abort")
            s3.counts[f"{self.command} {what}"] += 1
        else:
            what = ""
            s3.counts[self.command] += 1
        if s3.busy > 0:
            s3.busy -= 1
            self._refuse(503, "SlowDown")
        elif path.partition("/")[0] not in s3.buckets:
            self._refuse(404, "NoSuchBucket")
        elif _ACTIONS.get(self.command, "s3:PutObject") in s3.refused:
            self._refuse(403, "AccessDenied")
        elif what:
            self._in_parts(what, path, query, body)
        elif self.command == "PUT":
            s3.objects[path] = Kept(body, self._metadata())
            self._send(200, b"", {"ETag": s3.objects[path].etag})
        elif self.command == "DELETE":
            s3.objects.pop(path, None)
            self._send(204)
        elif path not in s3.objects:
            self._refuse(404, "NoSuchKey")
        else:
            self._give(s3.objects[path])

    def _in_parts(self, what: str, path: str, query: dict[str, list[str]], body: bytes) -> None:
        s3 = self.server.s3
        upload = query.get("uploadId", [f"u{len(s3.begun)}"])[0]
        if what == "start":
            s3.begun[upload], s3.parts[upload] = self._metadata(), {}
            self._send(
                200,
                f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode(),
            )
        elif what == "part":
            s3.parts[upload][int(query["partNumber"][0])] = body
            self._send(200, b"", {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'})
        elif what == "end":
            whole = b"".join(content for _, content in sorted(s3.parts.pop(upload).items()))
            s3.objects[path] = Kept(whole, s3.begun[upload])
            self._send(200, b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
        else:
            s3.parts.pop(upload, None)
            self._send(204)

    def _give(self, kept: Kept) -> None:
        content, status, headers = kept.content, 200, {"ETag": kept.etag, **kept.metadata}
        told = self.headers.get("range", "")
        if told:
            first, _, last = told.removeprefix("bytes=").partition("-")
            end = min(int(last or len(content)), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{end}/{len(content)}"
            content, status = content[int(first) : end + 1], 206
        cut = self.command == "GET" and self.server.s3.cut_off > 0
        if cut:
            self.server.s3.cut_off -= 1
        self._send(status, content, headers, only=len(content) // 2 if cut else None)

    def _metadata(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")}

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, _ERROR.format(code).encode(), {"Content-Type": "application/xml"})

    def _send(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, *, only: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if only is None else body[:only])
        if only is not None:
            self.close_connection = True
