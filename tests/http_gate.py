"""A gate before Bedrock and S3 that every request passes: at each a test may do something while the client waits.

with Gate(bedrock=…, s3=…) as gate:
    gate.at("StopModelInvocationJob", 1, advance)                    # before the next one arrives there
    gate.at("CreateModelInvocationJob", 1, kill, when="instead")     # it never arrives, or late: gate.deliver()
    gate.at("CreateModelInvocationJob", 1, kill, when="after")       # it is done, and nobody has heard of it
    gate.at("GetObject records.jsonl.out", 1, kill, when="within")   # most of the answer has come
    gate.each("GetModelInvocationJob", advance)
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Deed = Callable[[], object]
_OF_BEDROCK = (
    (re.compile(r"POST /model-invocation-job"), "CreateModelInvocationJob"),
    (re.compile(r"GET /model-invocation-jobs"), "ListModelInvocationJobs"),
    (re.compile(r"GET /model-invocation-job/[^/]+"), "GetModelInvocationJob"),
    (re.compile(r"POST /model-invocation-job/[^/]+/stop"), "StopModelInvocationJob"),
    (re.compile(r"POST /model/[^/]+/converse"), "Converse"),
)
#: (method, a key of the query) -> operation.
_OF_S3 = {
    ("GET", "list-type"): "ListObjectsV2",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("POST", "delete"): "DeleteObjects",
}
#: What is missing of an answer in the middle of which something is done.
_REST_BYTES = 1 << 16
_HOPS = {"connection", "expect", "transfer-encoding", "content-length"}


@dataclass
class _Plan:
    """What happens at the requests of one operation."""

    each: list[Deed] = field(default_factory=list)
    at: dict[tuple[int, str], Deed] = field(default_factory=dict)


class Gate:
    """Two ports, one to Bedrock and one to S3."""

    def __init__(self, *, bedrock: str, s3: str) -> None:
        self._lock = threading.Lock()
        self._plans: dict[str, _Plan] = defaultdict(_Plan)
        #: Requests that came, by operation.
        self.came: Counter[str] = Counter()
        #: Sends each request that was kept back.
        self.kept_back: list[Deed] = []
        #: What a deed failed of; from then on nothing passes.
        self.broken: BaseException | None = None
        self._servers = [_Server(self, target) for target in (bedrock, s3)]
        self.bedrock, self.s3 = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if self.broken:
            raise self.broken

    def at(self, operation: str, number: int, deed: Deed, *, when: str = "before") -> None:
        """Do something at the request of an operation that is so many from now."""
        with self._lock:
            self._plans[operation].at[self.came[operation] + number, when] = deed

    def each(self, operation: str, deed: Deed) -> None:
        """Do something before each request of an operation."""
        with self._lock:
            self._plans[operation].each.append(deed)

    def forget(self) -> None:
        """Forget everything that was to be done."""
        with self._lock:
            self._plans.clear()

    def arrived(self, operation: str) -> dict[str, Deed]:
        """Count a request and do what is to be done at each; give what is to be done at this one."""
        with self._lock:
            self.came[operation] += 1
            number, plan = self.came[operation], self._plans[operation]
            each = list(plan.each)
            deeds = {when: plan.at.pop((number, when)) for at, when in list(plan.at) if at == number}
        for deed in each:
            self.do(deed)
        return deeds

    def deliver(self) -> None:
        """Pass on what was kept back; nobody hears the answers."""
        while self.kept_back:
            self.kept_back.pop(0)()

    def do(self, deed: Deed | None) -> None:
        """Do what is to be done; where that fails, the gate is shut from then on."""
        try:
            if deed:
                deed()
        except Exception as error:  # noqa: BLE001 - it is raised in the test, when the gate is closed
            self.broken = self.broken or error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, gate: Gate, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate, self.target = gate, urlsplit(target).netloc

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        gate = self.server.gate
        deeds = gate.arrived(operation_of(self.command, self.path))
        gate.do(deeds.get("before"))
        if "instead" in deeds:
            gate.kept_back.append(partial(self._passed_on, body))
            gate.do(deeds["instead"])
            self.close_connection = True
            return
        status, headers, content = self._passed_on(body) if gate.broken is None else (403, [], b"")
        gate.do(deeds.get("after"))
        self.send_response_only(status)
        for name, value in [*headers, *([] if headers else [("Content-Length", "0")])]:
            self.send_header(name, value)
        self.end_headers()
        if "within" in deeds:
            self.wfile.write(content[:-_REST_BYTES])
            gate.do(deeds["within"])
            content = content[-_REST_BYTES:]
        self.wfile.write(content)

    def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        far = HTTPConnection(self.server.target, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOPS}
            far.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
            answer = far.getresponse()
            content = answer.read()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOPS]
            size = answer.getheader("content-length") if self.command == "HEAD" else str(len(content))
            return answer.status, [*kept, ("Content-Length", size or "0")], content
        finally:
            far.close()


def operation_of(method: str, path: str) -> str:
    """Name the operation of a request as AWS does; those on an object with the object's last name."""
    url = urlsplit(path)
    if url.path.startswith("/model"):
        asked = f"{method} {url.path}"
        return next((name for pattern, name in _OF_BEDROCK if pattern.fullmatch(asked)), asked)
    query = parse_qs(url.query, keep_blank_values=True)
    named = (name for (of, key), name in _OF_S3.items() if of == method and key in query)
    return next(named, f"{method.capitalize()}Object {url.path.rpartition('/')[2]}")
