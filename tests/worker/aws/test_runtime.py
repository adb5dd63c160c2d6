from __future__ import annotations

import json
import logging

import pytest

from worker.aws.client import client_for, simulated_session
from worker.aws.runtime import BedrockModel
from worker.model import ErrorKind, ModelError, OutputMode, Request

pytestmark = pytest.mark.servers

GOOD = {
    "output": {
        "message": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "n", "input": {"a": 1}}}]}
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 2},
    "metrics": {"latencyMs": 12},
}
ASKED = Request(
    model="us.anthropic.claude-haiku-4-5-20251001-v1:0",
    system="s",
    user="u",
    schema={"type": "object", "properties": {}},
    mode=OutputMode.TOOL,
    max_tokens=50,
    parameters={"temperature": 0.5, "top_p": 0.5},
)


def client_of(stand_in, *, read_timeout_s=30.0):
    return client_for(
        simulated_session("us-east-1"),
        region="us-east-1",
        connections=2,
        read_timeout_s=read_timeout_s,
        endpoint_url=stand_in.url,
    )


@pytest.fixture
def model(stand_in):
    client = client_of(stand_in)
    yield BedrockModel(client)
    client.close()


def failure(call):
    with pytest.raises(ModelError) as caught:
        call()
    return caught.value


def test_a_request_goes_out_once_and_its_reply_comes_back(model, stand_in):
    stand_in.says("/converse", GOOD, x_amzn_requestid="req-1")

    reply = model.converse(ASKED)

    assert reply.tool_input == {"a": 1}
    assert (reply.usage.input_tokens, reply.usage.cache_read_tokens, reply.request_id) == (10, 2, "req-1")
    assert reply.raw_usage == GOOD["usage"]
    (_, path, headers, body), *more = stand_in.requests
    assert more == []
    assert path == "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"
    assert "skuscribe" in headers["User-Agent"]
    assert json.loads(body)["inferenceConfig"] == {"maxTokens": 50, "temperature": 0.5}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "ThrottlingException", ErrorKind.THROTTLED),
        (503, "ServiceUnavailableException", ErrorKind.UNAVAILABLE),
        (500, "InternalServerException", ErrorKind.INTERNAL),
        (403, "AccessDeniedException", ErrorKind.FORBIDDEN),
    ],
)
def test_a_refusal_is_told_by_its_kind_and_never_tried_again(model, stand_in, status, code, kind):
    stand_in.says("/converse", {"message": "no"}, status=status, x_amzn_errortype=f"{code}:http://internal/")

    assert failure(lambda: model.converse(ASKED)).kind is kind
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize(
    "garbage", [b"<html>oops", b"[1, 2]", b"", b'{"message": "hi"}', b'{"output": {"message": 3}}']
)
def test_a_garbled_reply_is_a_lost_one(model, stand_in, garbage):
    stand_in.says("/converse", garbage)

    error = failure(lambda: model.converse(ASKED))

    assert (error.kind, error.maybe_billed) == (ErrorKind.TRANSPORT, True)


def test_a_connection_that_breaks_is_a_lost_reply(model, stand_in, wire):
    stand_in.answers["/converse"] = wire.hang_up

    error = failure(lambda: model.converse(ASKED))

    assert (error.kind, error.maybe_billed) == (ErrorKind.TRANSPORT, True)
    assert len(stand_in.requests) == 1


def test_a_reply_that_does_not_come_in_time_is_a_timeout_that_may_be_billed(stand_in):
    stand_in.answers["/converse"] = lambda handler: handler.connection.recv(1)
    client = client_of(stand_in, read_timeout_s=0.3)

    error = failure(lambda: BedrockModel(client).converse(ASKED))
    client.close()

    assert (error.kind, error.maybe_billed) == (ErrorKind.TIMEOUT, True)


def test_a_server_that_is_not_there_was_never_paid():
    client = client_for(
        simulated_session("us-east-1"), region="us-east-1", connections=1, endpoint_url="http://127.0.0.1:9"
    )

    error = failure(lambda: BedrockModel(client).converse(ASKED))

    assert (error.kind, error.maybe_billed) == (ErrorKind.TRANSPORT, False)


def test_a_stream_is_shown_and_read_to_its_end(model, stand_in, wire):
    frames = [
        wire.event("messageStart", {"role": "assistant"}),
        wire.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}),
        wire.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "lo"}}),
        wire.event("contentBlockStop", {"contentBlockIndex": 0}),
        wire.event("messageStop", {"stopReason": "end_turn"}),
        wire.event("metadata", {"usage": GOOD["usage"], "metrics": {"latencyMs": 3}}),
    ]
    stand_in.says("/converse-stream", b"".join(frames), content_type="application/vnd.amazon.eventstream")
    shown = []

    reply = model.stream(ASKED, shown.append)

    assert shown == ["Hel", "lo"]
    assert (reply.text, reply.stop_reason, reply.usage.output_tokens) == ("Hello", "end_turn", 5)


def test_an_error_in_the_middle_of_a_stream_may_be_billed(model, stand_in, wire):
    frames = [
        wire.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}),
        wire.event("throttlingException", {"message": "slow"}, message_type="exception"),
    ]
    stand_in.says("/converse-stream", b"".join(frames), content_type="application/vnd.amazon.eventstream")

    error = failure(lambda: model.stream(ASKED, lambda _: None))

    assert (error.kind, error.maybe_billed) == (ErrorKind.THROTTLED, True)


def test_a_stream_that_stops_in_the_middle_is_a_lost_reply(model, stand_in, wire):
    frame = wire.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}})
    stand_in.says("/converse-stream", frame, content_type="application/vnd.amazon.eventstream")

    error = failure(lambda: model.stream(ASKED, lambda _: None))

    assert (error.kind, error.maybe_billed) == (ErrorKind.TRANSPORT, True)


def test_the_simulators_session_needs_no_aws_configuration_and_no_proxy(stand_in, monkeypatch, caplog):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a key that goes over HTTPS only")
    stand_in.says("/converse", GOOD)
    client = client_for(simulated_session("us-east-1"), region="us-east-1", connections=1, endpoint_url=stand_in.url)

    with caplog.at_level(logging.WARNING):
        assert BedrockModel(client).converse(ASKED).tool_input == {"a": 1}
    client.close()

    assert caplog.records == []
