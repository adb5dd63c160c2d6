from __future__ import annotations

import pytest

from jobs.usage import TokenUsage
from worker.aws.answer import reply_of, streamed_reply, usage_of
from worker.model import ErrorKind, ModelError

USAGE = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}


def response(*blocks, **more):
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 321},
        "ResponseMetadata": {"RequestId": "r-1"},
    } | more


def delta(index=0, **content):
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": content}}


END = [{"messageStop": {"stopReason": "tool_use"}}, {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 7}}}]


def read(events, shown=None):
    shown = [] if shown is None else shown
    return streamed_reply(events, shown.append, request_id="r-2", elapsed_ms=lambda: 99)


def test_all_text_blocks_are_joined_and_reasoning_is_left_out():
    reply = reply_of(
        response({"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "a"}, {"text": "b"}), elapsed_ms=1
    )

    assert reply.text == "ab"
    assert reply.tool_input is None
    assert (reply.request_id, reply.latency_ms, reply.stop_reason) == ("r-1", 321, "end_turn")


def test_the_first_tool_call_gives_the_tool_input():
    reply = reply_of(
        response({"text": "so:"}, {"toolUse": {"input": {"title": "x"}}}, {"toolUse": {"input": {"title": "y"}}}),
        elapsed_ms=1,
    )

    assert reply.tool_input == {"title": "x"}


def test_a_tool_input_that_comes_as_text_is_read():
    assert reply_of(response({"toolUse": {"input": '{"a": 1}'}}), elapsed_ms=1).tool_input == {"a": 1}


def test_an_empty_content_is_a_reply_without_text():
    assert reply_of(response(stopReason="content_filtered"), elapsed_ms=1).text == ""


def test_a_careless_stand_in_may_leave_out_metrics_stop_reason_and_request_id():
    reply = reply_of({"output": {"message": {"content": [{"text": "x"}]}}, "usage": USAGE}, elapsed_ms=12)

    assert (reply.latency_ms, reply.stop_reason, reply.request_id, reply.tier) == (12, "end_turn", "", "default")


@pytest.mark.parametrize("usage", [None, {}, {"inputTokens": 3}, {"inputTokens": "3", "outputTokens": 4}, "lots"])
def test_a_reply_that_does_not_say_its_usage_is_taken_with_none(usage):
    reply = reply_of(response({"text": "x"}, usage=usage), elapsed_ms=1)

    assert reply.usage == TokenUsage()
    assert reply.raw_usage == (usage if isinstance(usage, dict) else {})


@pytest.mark.parametrize(
    "garbage", [{}, {"output": None}, {"output": {"message": {"content": "x"}}}, {"message": "hi"}]
)
def test_what_is_no_converse_reply_is_a_lost_reply_that_may_be_billed(garbage):
    with pytest.raises(ModelError) as caught:
        reply_of(garbage, elapsed_ms=1)

    assert caught.value.kind is ErrorKind.TRANSPORT
    assert caught.value.maybe_billed


def test_the_tier_is_the_one_that_bedrock_says_it_used():
    assert reply_of(response({"text": "x"}, serviceTier={"type": "flex"}), elapsed_ms=1).tier == "flex"


@pytest.mark.parametrize(
    ("block", "written_5m", "written_1h"),
    [
        ({"cacheWriteInputTokens": 100}, 100, 0),
        ({"cacheWriteInputTokens": 100, "cacheDetails": [{"ttl": "1h", "inputTokens": 60}]}, 40, 60),
        (
            {"cacheDetails": [{"ttl": "1h", "inputTokens": 60}, {"ttl": "5m", "inputTokens": 5}]},
            5,
            60,
        ),
    ],
)
def test_cache_writes_are_told_apart_by_their_time_to_live(block, written_5m, written_1h):
    usage = usage_of(USAGE | {"cacheReadInputTokens": 7} | block)

    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (written_5m, written_1h)
    assert usage.cache_read_tokens == 7
    assert usage.input_tokens == 10


def test_streamed_text_is_shown_as_it_comes():
    shown = []

    reply = read([{"messageStart": {"role": "assistant"}}, delta(text="Hel"), delta(text="lo"), *END], shown)

    assert shown == ["Hel", "lo"]
    assert (reply.text, reply.usage.output_tokens, reply.latency_ms) == ("Hello", 5, 7)


def test_a_streamed_tool_call_is_put_together():
    start = {"contentBlockStart": {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t", "name": "n"}}}}
    parts = [delta(1, toolUse={"input": part}) for part in ('{"title"', ': "x"}')]

    reply = read([delta(text="so:"), start, *parts, *END])

    assert (reply.tool_input, reply.text, reply.stop_reason) == ({"title": "x"}, "so:", "tool_use")


def test_a_tool_call_that_was_cut_short_is_left_as_text():
    reply = read([delta(0, toolUse={"input": '{"title": "lam'}), {"messageStop": {"stopReason": "max_tokens"}}])

    assert (reply.tool_input, reply.text, reply.stop_reason) == (None, '{"title": "lam', "max_tokens")
    assert reply.raw_usage == {}


def test_streamed_reasoning_is_not_shown():
    shown = []

    read([delta(reasoningContent={"text": "hm"}), delta(text="x"), *END], shown)

    assert shown == ["x"]


def test_a_stream_that_ends_before_its_message_is_a_lost_reply_that_may_be_billed():
    with pytest.raises(ModelError) as caught:
        read([delta(text="Hel")])

    assert caught.value.kind is ErrorKind.TRANSPORT
    assert caught.value.maybe_billed
