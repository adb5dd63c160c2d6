"""The HTTP side: routes, headers, broken connections."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from worker.simulator import control
from worker.simulator.errors import ServiceError
from worker.simulator.eventstream import exception_frame
from worker.simulator.faults import Fault
from worker.simulator.invocation_jobs import InvocationJobs, answer_about_jobs, is_about_jobs
from worker.simulator.invocation_jobs.role import Role
from worker.simulator.local_bedrock import LocalBedrock, Turn
from worker.simulator.question import Question
from worker.simulator.replies import stream_deltas, stream_head, stream_tail
from worker.simulator.whole_reply import written

Sleep = Callable[[float], Awaitable[Any]]
_MODEL_PATH = re.compile(r"/model/([^/]+)/(converse-stream|converse|invoke|count-tokens)$")
_SIGNED_REGION = re.compile(r"Credential=[^/]*/\d{8}/([^/]+)/")
_JSON = "application/json"
_STREAM_ERROR = b'{"message":"The model failed to go on.","originalStatusCode":500}'
_MOST_BODY_BYTES = 64 * 1024 * 1024
#: Which counter an error adds to.
_COUNTED_AS = {
    "ThrottlingException": "throttled",
    "ModelNotReadyException": "not_ready",
    "InternalServerException": "errors",
    "ServiceUnavailableException": "errors",
}


class SimulatorServer:
    """Answers the requests of one simulator."""

    def __init__(self, bedrock: LocalBedrock, sleep: Sleep = asyncio.sleep) -> None:
        self._bedrock = bedrock
        self._sleep = sleep
        self._requests = 0
        self._jobs = InvocationJobs(bedrock.clock, bedrock.counters, role_for=_role_for, stopwatch=time.monotonic)
        # Reading and writing S3 takes a while; requests to models go on meanwhile.
        self._job_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="invocation-jobs")

    async def listen(self, host: str, port: int) -> tuple[web.ServerRunner, int]:
        """Start to listen; port 0 takes a free one.

        Returns: the runner, to be cleaned up at the end, and the port.
        """
        server = web.Server(self.handle, request_factory=_request, access_log=None, keepalive_timeout=3600)
        runner = web.ServerRunner(server)
        await runner.setup()
        await web.TCPSite(runner, host, port, backlog=1024).start()
        return runner, int(runner.addresses[0][1])

    def close(self) -> None:
        """Begin nothing more for jobs."""
        self._jobs.close()
        self._job_thread.shutdown(wait=False, cancel_futures=True)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.rel_url.raw_path
        found = _MODEL_PATH.match(path) if request.method == "POST" else None
        try:
            if found is None:
                return await self._other(request, path)
            named, action = unquote(found[1]), found[2]
            if action == "count-tokens":
                body = await request.read()
                return self._json({"inputTokens": self._bedrock.count(named, body, self._region(request))})
            return await self._ask_model(request, named, action)
        except ServiceError as error:
            return self._refusal(error)

    async def _other(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Answer what is not a request to a model."""
        region = self._region(request)
        asked = Question(
            method=request.method, path=path, query=request.query, body=await request.read(), region=region
        )
        if is_about_jobs(path):
            settings, find = self._bedrock.settings, lambda named: self._bedrock.model(named, region)[0]
            work = partial(answer_about_jobs, self._jobs, asked, settings, find)
            return self._json(await asyncio.get_running_loop().run_in_executor(self._job_thread, work))
        told = control.answer(self._bedrock, asked, self._request_id())
        return web.Response(status=told.status, body=told.body, headers=self._headers(told.content_type))

    async def _ask_model(self, request: web.BaseRequest, named: str, action: str) -> web.StreamResponse:
        """Answer Converse, ConverseStream or InvokeModel."""
        counters = self._bedrock.counters
        body, stream = await request.read(), action == "converse-stream"
        counters.enter()
        try:
            tier = request.headers.get("X-Amzn-Bedrock-Service-Tier", "")
            turn = self._bedrock.begin(named, body, self._region(request), native=action == "invoke", tier=tier)
            try:
                if turn.fault is Fault.DROP_BEFORE:
                    counters.note("dropped")
                    return _hang_up(request)
                return await (self._streamed(request, turn) if stream else self._whole(request, turn))
            finally:
                self._bedrock.finish(turn)
        except ServiceError as error:
            counters.note(_COUNTED_AS.get(error.code, "refused"))
            raise
        finally:
            counters.leave()

    async def _whole(self, request: web.BaseRequest, turn: Turn) -> web.StreamResponse:
        """Send the reply of Converse or InvokeModel."""
        wait_s = turn.latency_s + turn.answer.output_tokens * self._bedrock.settings.token_s
        if wait_s:
            await self._sleep(wait_s)
        body, headers = written(turn, wait_s, self._bedrock.clock.at(self._bedrock.clock()))
        counters = self._bedrock.counters
        if turn.fault in {Fault.NOT_JSON, Fault.HALF_JSON}:
            counters.lost(turn.model.id, turn.usage, "garbage")
            garbage = (
                b"<html><body>upstream closed</body></html>" if turn.fault is Fault.NOT_JSON else body[: len(body) // 2]
            )
            return self._reply(garbage)
        if turn.fault is Fault.DROP_WITHIN:
            counters.lost(turn.model.id, turn.usage, "dropped")
            return await self._drop_within(request, body)
        if request.transport is None or request.transport.is_closing():
            counters.lost(turn.model.id, turn.usage, "abandoned")
        else:
            counters.replied(turn.model.id, turn.usage, turn.request, complete=turn.answer.complete)
        return self._reply(body, headers)

    async def _streamed(self, request: web.BaseRequest, turn: Turn) -> web.StreamResponse:
        """Send the reply of ConverseStream, a few tokens at a time."""
        settings, counters = self._bedrock.settings, self._bedrock.counters
        first_s = settings.first_token_s or turn.latency_s
        if first_s:
            await self._sleep(first_s)
        response = web.StreamResponse(headers=self._headers("application/vnd.amazon.eventstream"))
        await response.prepare(request)
        tool = (turn.request.tool_name, turn.tool_use_id)
        try:
            await response.write(stream_head(turn.answer, tool))
            frames = list(stream_deltas(turn.answer))
            pause_s = settings.token_s * turn.answer.output_tokens / max(1, len(frames))
            broken = turn.fault in {Fault.DROP_WITHIN, Fault.NOT_JSON, Fault.HALF_JSON}
            for frame in frames[: len(frames) // 2] if broken else frames:
                if pause_s:
                    await self._sleep(pause_s)
                await response.write(frame)
            if broken:
                return await self._broken_stream(request, response, turn)
            latency_ms = int((first_s + pause_s * len(frames)) * 1000) or 1
            await response.write(stream_tail(turn.answer, turn.usage, latency_ms=latency_ms, tier=turn.request.tier))
            await response.write_eof()
        except ConnectionError:
            counters.lost(turn.model.id, turn.usage, "abandoned")
            return response
        counters.replied(turn.model.id, turn.usage, turn.request, complete=turn.answer.complete)
        return response

    async def _broken_stream(
        self, request: web.BaseRequest, response: web.StreamResponse, turn: Turn
    ) -> web.StreamResponse:
        """End a stream before its usage: by an exception event, or by breaking the connection."""
        if turn.fault is Fault.DROP_WITHIN:
            self._bedrock.counters.lost(turn.model.id, turn.usage, "dropped")
            _hang_up(request)
            return response
        self._bedrock.counters.lost(turn.model.id, turn.usage, "garbage")
        await response.write(exception_frame("modelStreamErrorException", _STREAM_ERROR))
        await response.write_eof()
        return response

    async def _drop_within(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={**self._headers(_JSON), "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        _hang_up(request)
        return response

    def _region(self, request: web.BaseRequest) -> str:
        """Read the Region from the signature."""
        found = _SIGNED_REGION.search(request.headers.get("Authorization", ""))
        return found[1] if found else self._bedrock.settings.region

    def _request_id(self) -> str:
        self._requests += 1
        return f"{self._requests:08x}-0000-4000-8000-{self._bedrock.settings.seed & 0xFFFFFFFFFFFF:012x}"

    def _headers(self, content_type: str) -> dict[str, str]:
        return {"Content-Type": content_type, "x-amzn-RequestId": self._request_id()}

    def _reply(self, body: bytes, more_headers: Mapping[str, str] | None = None) -> web.Response:
        return web.Response(body=body, headers={**self._headers(_JSON), **(more_headers or {})})

    def _json(self, body: dict[str, Any]) -> web.Response:
        return self._reply(json.dumps(body, ensure_ascii=False).encode())

    def _refusal(self, error: ServiceError) -> web.Response:
        headers = {**self._headers(_JSON), "x-amzn-errortype": error.code}
        return web.Response(status=error.status, body=json.dumps({"message": error.message}).encode(), headers=headers)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MOST_BODY_BYTES)


def _role_for(endpoint: str, region: str) -> Role:
    """Open S3 for the jobs of a Region."""
    from worker.simulator.invocation_jobs.service_role import (  # noqa: PLC0415 - boto3 takes a third of a second
        ServiceRole,
    )

    return ServiceRole(endpoint, region)


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Break the connection as a failing network does."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
