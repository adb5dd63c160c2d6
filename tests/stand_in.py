"""An Amazon Bedrock that the tests bring along: it shares no code with the product, nor with its simulator.

It answers Converse and ConverseStream over HTTP with copy that satisfies the JSON schema asked for, wherever that
stands: in a tool, in `outputConfig`, in the prompt. It does wrong what it is told to do wrong, and it counts.

    with StandIn(faults={"throttle": 0.05, "drop": 0.01}, seed=7) as bedrock:
        ... AWS_ENDPOINT_URL=bedrock.endpoint ...
        assert max(bedrock.counts.answers.values()) == 1

Faults, by name: throttle 429, error_500, error_503, timeout 408, not_ready 429, refused 400, forbidden 403, expired 403
(token), missing 404, end_of_life 404, on_demand 400 (needs a profile), drop (no reply), cut_off (half a reply), garbage
(a 200 that is no JSON), prose (a reply without JSON), over_limit (copy that is too long), truncated (`max_tokens`),
filtered, no_usage (a reply that does not say its tokens). `over_limit` spares the repair request, `too_long_again` does
not.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote

_ERRORS = {
    "throttle": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "not_ready": (429, "ModelNotReadyException", "The model is not ready to serve inference requests."),
    "error_500": (500, "InternalServerException", "The system encountered an unexpected error."),
    "error_503": (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    "timeout": (408, "ModelTimeoutException", "Model has timed out in processing the request."),
    "refused": (400, "ValidationException", "The request is not valid."),
    "on_demand": (
        400,
        "ValidationException",
        "Invocation of model ID with on-demand throughput isn't supported. Retry with an inference profile.",
    ),
    "forbidden": (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
    "expired": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "missing": (404, "ResourceNotFoundException", "Could not resolve the foundation model from the model identifier."),
    "end_of_life": (404, "ResourceNotFoundException", "This model version has reached the end of its life."),
}
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "su", "ta", "ve", "wi", "zo", "pe", "ka")
_ASK = re.compile(r"matches? this JSON schema|must match", re.IGNORECASE)


@dataclass
class Counts:
    """What the stand-in has seen and given; complete once the client has its reply."""

    #: Converse and ConverseStream requests.
    requests: int = 0
    #: Everything else, by `METHOD path` (STS, model list, availability).
    others: Counter[str] = field(default_factory=Counter)
    #: Digest of system and messages -> complete answers that satisfied their schema and their limits.
    answers: Counter[str] = field(default_factory=Counter)
    #: Fault -> how often.
    faults: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    #: The bodies of the requests, in order of arrival, and when each came on the monotonic clock.
    bodies: list[dict[str, Any]] = field(default_factory=list)
    moments_s: list[float] = field(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        """The text of each request's last user message."""
        return [_user_text(body) for body in self.bodies]


#: Decides about one request: (text of the prompt, how often this prompt came, from 1) -> name of a fault or None.
Plan = Callable[[str, int], str | None]


class StandIn:
    """The server, as a context manager."""

    def __init__(
        self,
        *,
        latency_s: float = 0.0,
        faults: Mapping[str, float] | None = None,
        plan: Plan | None = None,
        always: str | None = None,
        seed: int = 1,
        rpm: float | None = None,
        burst: float | None = None,
        usage: Mapping[str, int] | None = None,
        identity: str | None = None,
        control: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Set it up.

        Args:
            latency_s: Time that every reply takes.
            faults: Fault -> share of the requests, drawn by the seed, the prompt and how often it came.
            plan: Decides before the shares do.
            always: One fault for every request.
            seed: Of the draws.
            rpm: Requests a minute; more are throttled. A bucket of `burst` (a second's worth) that refills.
            usage: The usage block of every reply; made from the lengths of the texts unless given.
            identity: ARN that STS tells; 404 unless given.
            control: Path of the control plane -> what a GET of it answers; 404 unless given.
        """
        self.latency_s = latency_s
        self.faults = dict(faults or {})
        self.plan = plan
        self.always = always
        self.usage = usage
        self.identity = identity
        self.control = dict(control or {})
        self.counts = Counts()
        #: While such a text is held, requests whose prompt has it get no reply.
        self._held: tuple[str, threading.Event] | None = None
        self._came: Counter[str] = Counter()
        self._seed = seed
        self._lock = threading.Lock()
        self._rpm = rpm
        self._burst = burst or max(1.0, (rpm or 0) / 60)
        self._permits = self._burst
        self._filled_s = time.monotonic()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stand_in = self
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
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def holding(self, text: str) -> Iterator[None]:
        """Hold back the replies to prompts with this text."""
        released = threading.Event()
        self._held = (text, released)
        try:
            yield
        finally:
            self._held = None
            released.set()

    def wait_for(self, body: Mapping[str, Any]) -> None:
        """Take the time that a reply takes."""
        if self.latency_s:
            time.sleep(self.latency_s)
        held = self._held
        if held and held[0] in _user_text(body):
            held[1].wait()

    def decide(self, model: str, body: dict[str, Any]) -> str | None:
        """Count a request in and say what goes wrong with it."""
        digest = prompt_digest(body)
        with self._lock:
            counts = self.counts
            counts.requests += 1
            counts.models[model] += 1
            counts.in_flight += 1
            counts.max_in_flight = max(counts.max_in_flight, counts.in_flight)
            counts.bodies.append(body)
            counts.moments_s.append(time.monotonic())
            self._came[digest] += 1
            fault = self._fault(_user_text(body), self._came[digest])
            if fault:
                counts.faults[fault] += 1
            return fault

    def over(self) -> None:
        """Count a request out."""
        with self._lock:
            self.counts.in_flight -= 1

    def answered(self, digest: str, usage: Mapping[str, int], *, valid: bool) -> None:
        """Count a reply that was given whole."""
        with self._lock:
            self.counts.input_tokens += usage.get("inputTokens", 0)
            self.counts.output_tokens += usage.get("outputTokens", 0)
            if valid:
                self.counts.answers[digest] += 1

    def other(self, what: str) -> None:
        """Count a request that asks no model."""
        with self._lock:
            self.counts.others[what] += 1

    def _fault(self, text: str, times: int) -> str | None:
        if self._rpm is not None and not self._permit():
            return "throttle"
        planned = self.plan(text, times) if self.plan else None
        if planned or self.always:
            return planned or self.always
        # By prompt and not by turn: which thread comes first must not decide who meets a fault.
        at = random.Random(f"{self._seed}/{text}/{times}").random()
        for name, share in self.faults.items():
            if at < share:
                return name
            at -= share
        return None

    def _permit(self) -> bool:
        now_s = time.monotonic()
        self._permits = min(self._burst, self._permits + (now_s - self._filled_s) * (self._rpm or 0) / 60)
        self._filled_s = now_s
        if self._permits < 1:
            return False
        self._permits -= 1
        return True


def prompt_digest(body: Mapping[str, Any]) -> str:
    """Name a prompt: system and messages, without what may differ between two requests for the same."""
    return hashlib.sha256(json.dumps([body.get("system"), body.get("messages")]).encode()).hexdigest()[:16]


def write(schema: Mapping[str, Any], seed: str, *, factor: float = 1.0) -> Any:
    """Write something that satisfies a schema; a factor above 1 makes its texts longer than they may be."""
    if schema.get("type") == "object":
        return {name: write(one, f"{seed}/{name}", factor=factor) for name, one in schema["properties"].items()}
    words = str(schema.get("description", ""))
    if schema.get("type") == "array":
        told = re.search(r"exactly (\d+)|(\d+) to (\d+)", words)
        most = int(next(group for group in reversed(told.groups()) if group)) if told else 3
        items = {**schema.get("items", {})}
        items.setdefault("description", words)
        return [write(items, f"{seed}/{at}", factor=factor) for at in range(schema.get("maxItems", most))]
    return _text(schema, words, seed, factor)


def _text(schema: Mapping[str, Any], words: str, seed: str, factor: float) -> str:
    most, least = re.search(r"at most (\d+) char", words), re.search(r"at least (\d+) char", words)
    longest = schema.get("maxLength") or (int(most[1]) if most else 60)
    shortest = schema.get("minLength") or (int(least[1]) if least else 1)
    wanted = round(longest * factor) if factor > 1 else max(shortest, min(longest, 75))
    dice = random.Random(seed)
    text = ""
    while len(text) < wanted:
        text += (" " if text else "") + "".join(dice.choice(_SYLLABLES) for _ in range(3))
    if factor > 1:
        return text
    # Cut at a word where that leaves enough.
    cut = text[:wanted].rstrip()
    shorter = cut.rsplit(" ", 1)[0]
    return (shorter if len(shorter) >= shortest else cut).capitalize()


def schema_of(body: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """Find the schema that a request asks for, and how: `tool`, `structured`, `prompt` or `none`."""
    tools = (body.get("toolConfig") or {}).get("tools") or []
    if tools:
        return tools[0]["toolSpec"]["inputSchema"]["json"], "tool"
    structure = ((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure") or {}
    if structure:
        return json.loads(structure["jsonSchema"]["schema"]), "structured"
    for text in (_system_text(body), _user_text(body)):
        for place in _ASK.finditer(text):
            found = _object_after(text, place.start())
            if found and "properties" in found:
                return found, "prompt"
    return None, "none"


def _object_after(text: str, at: int) -> dict[str, Any] | None:
    brace = text.find("{", at)
    if brace < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, brace)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _system_text(body: Mapping[str, Any]) -> str:
    return "\n".join(block["text"] for block in body.get("system") or () if "text" in block)


def _user_text(body: Mapping[str, Any]) -> str:
    messages = body.get("messages") or [{}]
    return "\n".join(block["text"] for block in messages[-1].get("content") or () if "text" in block)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    stand_in: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, or was killed, is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._other("GET")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = self.path.split("/")
        if len(parts) != 4 or parts[1] != "model" or parts[3] not in ("converse", "converse-stream"):
            self._other("POST", raw)
            return
        stand_in, body = self.server.stand_in, json.loads(raw)
        fault = stand_in.decide(unquote(parts[2]), body)
        try:
            stand_in.wait_for(body)
            self._converse(body, fault, streams=parts[3] == "converse-stream")
        finally:
            stand_in.over()

    def _converse(self, body: dict[str, Any], fault: str | None, *, streams: bool) -> None:
        if fault in _ERRORS:
            status, code, message = _ERRORS[fault]
            self._send(status, json.dumps({"message": message}).encode(), {"x-amzn-ErrorType": code})
        elif fault == "drop":
            self.close_connection = True
        elif fault == "garbage":
            self._send(200, b"<html><body>proxy says hello</body></html>", {})
        else:
            self._reply(body, fault, streams=streams)

    def _reply(self, body: dict[str, Any], fault: str | None, *, streams: bool) -> None:
        stand_in, digest = self.server.stand_in, prompt_digest(body)
        schema, how = schema_of(body)
        is_repair = "broke their rules" in _user_text(body)
        is_long = fault == "too_long_again" or (fault == "over_limit" and not is_repair)
        factor = 1.6 if is_long else 1.0
        answer = write(schema, digest, factor=factor) if schema else {"text": "No schema was asked for."}
        text = json.dumps(answer, ensure_ascii=False)
        if fault == "prose":
            how, text = "none", "I would rather not say."
        stop = {"truncated": "max_tokens", "filtered": "content_filtered"}.get(fault or "") or "end_turn"
        if fault == "truncated":
            how, text = "none", text[: len(text) // 2]
        if fault == "filtered":
            how, text = "none", "Sorry, the filters of this model blocked it."
        usage = dict(stand_in.usage or _usage(body, text))
        block = (
            {"toolUse": {"toolUseId": f"t-{digest}", "name": "write_copy", "input": answer}}
            if how == "tool"
            else {"text": text if how != "prompt" else f"Here it is:\n```json\n{text}\n```"}
        )
        reply: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": [block]}},
            "stopReason": "tool_use" if how == "tool" else stop,
            "metrics": {"latencyMs": round(stand_in.latency_s * 1000)},
        }
        if fault != "no_usage":
            reply["usage"] = usage | {"totalTokens": sum(usage.values())}
        raw = _events(reply, text) if streams else json.dumps(reply).encode()
        kind = "application/vnd.amazon.eventstream" if streams else "application/json"
        if fault == "cut_off":
            self._send(200, raw, {"Content-Type": kind}, only=len(raw) // 2)
            return
        self._send(200, raw, {"Content-Type": kind})
        stand_in.answered(digest, usage, valid=fault in (None, "no_usage") or (fault == "over_limit" and is_repair))

    def _other(self, method: str, raw: bytes = b"") -> None:
        stand_in = self.server.stand_in
        path = unquote(self.path.split("?")[0])
        action = parse_qs(raw.decode("latin-1")).get("Action", [""])[0]
        stand_in.other(f"{method} {path}{f' {action}' if action else ''}")
        if action == "GetCallerIdentity" and stand_in.identity:
            account = stand_in.identity.split(":")[4]
            xml = (
                '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
                f"<Arn>{stand_in.identity}</Arn><UserId>{account}</UserId><Account>{account}</Account>"
                "</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
                "</GetCallerIdentityResponse>"
            )
            self._send(200, xml.encode(), {"Content-Type": "text/xml"})
        elif path in stand_in.control:
            self._send(200, json.dumps(stand_in.control[path]).encode(), {})
        else:
            self._send(404, b'{"message":"Not found"}', {"x-amzn-ErrorType": "UnknownOperationException"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], *, only: int | None = None) -> None:
        self.send_response(status)
        self.send_header("x-amzn-RequestId", hashlib.sha256(body).hexdigest()[:12])
        for name, value in ({"Content-Type": "application/json"} | dict(headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if only is None else body[:only])
        self.wfile.flush()
        if only is not None:
            self.close_connection = True


def _usage(body: Mapping[str, Any], text: str) -> dict[str, int]:
    read = len(_system_text(body)) + len(_user_text(body))
    return {"inputTokens": max(1, read // 4), "outputTokens": max(1, len(text) // 4)}


def _events(reply: Mapping[str, Any], text: str) -> bytes:
    """Write a reply as the events of ConverseStream, its text in pieces of nine characters."""
    is_tool = "toolUse" in reply["output"]["message"]["content"][0]
    said = text if is_tool else reply["output"]["message"]["content"][0]["text"]
    events: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant"})]
    if is_tool:
        start = {"toolUse": {"toolUseId": "t-1", "name": "write_copy"}}
        events.append(("contentBlockStart", {"contentBlockIndex": 0, "start": start}))
    for at in range(0, len(said), 9):
        piece = said[at : at + 9]
        delta = {"toolUse": {"input": piece}} if is_tool else {"text": piece}
        events.append(("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}))
    events.append(("contentBlockStop", {"contentBlockIndex": 0}))
    events.append(("messageStop", {"stopReason": reply["stopReason"]}))
    closing = {name: reply[name] for name in ("usage", "metrics") if name in reply}
    events.append(("metadata", closing))
    return b"".join(_event(name, json.dumps(payload).encode()) for name, payload in events)


def _event(name: str, payload: bytes) -> bytes:
    headers = b"".join(
        bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(value)) + value
        for key, value in (
            (b":event-type", name.encode()),
            (b":content-type", b"application/json"),
            (b":message-type", b"event"),
        )
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    head = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return head + struct.pack(">I", zlib.crc32(head))
