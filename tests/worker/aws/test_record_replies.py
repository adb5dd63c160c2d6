from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.usage import TokenUsage
from worker.aws.record_codec import RecordCodec
from worker.aws.record_failures import record_error
from worker.aws.record_replies import record_reply
from worker.inference_jobs import RecordFormat
from worker.model import ErrorKind, ModelError
from worker.replies import CUT, FILTERED, read_answer

ANSWER = '{"title": "Lamp"}'
USAGE = TokenUsage(input_tokens=10, output_tokens=5)


def converse(**changes):
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
    } | changes


def claude(**changes):
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    } | changes


def llama(**changes):
    return {
        "generation": f"\n\n{ANSWER}",
        "prompt_token_count": 10,
        "generation_token_count": 5,
        "stop_reason": "stop",
    } | changes


def chat(content=ANSWER, finish_reason="stop", **changes):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    } | changes


def instruct(**changes):
    return {"outputs": [{"text": f" {ANSWER}", "stop_reason": "stop"} | changes]}


@pytest.mark.parametrize("output", [converse(), claude(), llama(), chat()])
def test_the_reply_of_every_family_is_read(output):
    reply = record_reply(output)

    assert read_answer(reply) == {"title": "Lamp"}
    assert reply.usage == USAGE
    assert (reply.stop_reason, reply.tool_input) == ("end_turn", None)
    assert (reply.tier, reply.request_id, reply.latency_ms) == ("default", "", 0)


def test_the_usage_is_kept_as_it_came():
    assert record_reply(converse()).raw_usage == {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
    assert record_reply(claude()).raw_usage == {"input_tokens": 10, "output_tokens": 5}
    assert record_reply(llama()).raw_usage == {"prompt_token_count": 10, "generation_token_count": 5}
    assert record_reply(chat()).raw_usage == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def test_mistrals_prompt_format_says_no_usage_so_that_it_is_unpriced():
    reply = record_reply(instruct())

    assert read_answer(reply) == {"title": "Lamp"}
    assert (reply.usage, reply.raw_usage) == (TokenUsage(), {})


def test_mistrals_chat_has_a_stop_reason_instead_of_a_finish_reason():
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "stop_reason": "length"}

    reply = record_reply({"choices": [choice]})

    assert (reply.text, reply.stop_reason, reply.raw_usage) == (ANSWER, "max_tokens", {})


def test_a_choice_may_have_a_bare_text():
    assert record_reply({"choices": [{"text": ANSWER, "stop_reason": "stop"}]}).text == ANSWER


def test_parts_of_a_content_are_joined():
    parts = [{"type": "text", "text": '{"title": '}, {"type": "text", "text": '"Lamp"}'}]

    assert record_reply(chat(parts)).text == ANSWER


def test_thinking_of_claude_and_reasoning_of_converse_are_left_out():
    thought = claude(content=[{"type": "thinking", "thinking": '{"title": "no"}'}, {"type": "text", "text": ANSWER}])
    blocks = [{"reasoningContent": {"reasoningText": {"text": '{"title": "no"}'}}}, {"text": ANSWER}]
    reasoned = converse(output={"message": {"role": "assistant", "content": blocks}})

    assert record_reply(thought).text == ANSWER
    assert record_reply(reasoned).text == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        f'<reasoning>A draft: {{"title": "no"}}</reasoning>{ANSWER}',
        f'\n<think>\n{{"title": "no"}}\n</think>\n\n{ANSWER}',
        f'So {{"title": "no"}} will not do.</think>{ANSWER}',
    ],
)
def test_a_draft_in_the_reasoning_is_not_taken_for_the_answer(text):
    assert read_answer(record_reply(chat(text))) == {"title": "Lamp"}


def test_reasoning_that_was_cut_short_leaves_no_answer():
    reply = record_reply(chat('<reasoning>A draft: {"title": "no"}', "length"))

    assert read_answer(reply) is None
    assert reply.stop_reason in CUT


def test_copy_that_speaks_of_a_tag_is_left_alone():
    text = '{"title": "Ends with </think>"}'

    assert record_reply(chat(text)).text == text


@pytest.mark.parametrize(
    ("output", "known"),
    [
        (converse(stopReason="max_tokens"), CUT),
        (claude(stop_reason="max_tokens"), CUT),
        (claude(stop_reason="model_context_window_exceeded"), CUT),
        (llama(stop_reason="length"), CUT),
        (instruct(stop_reason="length"), CUT),
        (chat(finish_reason="length"), CUT),
        (converse(stopReason="content_filtered"), FILTERED),
        (converse(stopReason="guardrail_intervened"), FILTERED),
        (claude(stop_reason="refusal", content=[]), FILTERED),
        (chat(finish_reason="content_filter"), FILTERED),
        ({"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]}, FILTERED),
    ],
)
def test_stop_reasons_are_named_as_the_engine_knows_them(output, known):
    assert record_reply(output).stop_reason in known


def test_a_stop_reason_that_nobody_knows_is_passed_on():
    assert record_reply(claude(stop_reason="pause_turn")).stop_reason == "pause_turn"
    assert record_reply(llama(stop_reason=None)).stop_reason == "end_turn"


def test_claudes_cache_is_counted_by_its_time_to_live():
    usage = {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 100,
        "cache_creation": {"ephemeral_5m_input_tokens": 40, "ephemeral_1h_input_tokens": 60},
    }

    assert record_reply(claude(usage=usage)).usage == TokenUsage(
        input_tokens=10, output_tokens=5, cache_read_tokens=7, cache_write_5m_tokens=40, cache_write_1h_tokens=60
    )


def test_tokens_that_openais_chat_had_in_the_cache_are_not_counted_twice():
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}

    assert record_reply(chat(usage=usage)).usage == TokenUsage(input_tokens=6, output_tokens=5, cache_read_tokens=4)


@pytest.mark.parametrize("usage", [None, "lots", {}, {"prompt_tokens": 3}, {"input_tokens": "3", "output_tokens": 4}])
def test_a_reply_that_does_not_say_its_usage_is_taken_with_none(usage):
    reply = record_reply(chat(usage=usage))

    assert reply.usage == TokenUsage()
    assert reply.raw_usage == (usage if isinstance(usage, dict) else {})


def test_keys_that_nobody_knows_are_passed_over():
    output = chat(service_tier="default", system_fingerprint="x") | {"amazon-bedrock-guardrailAction": "NONE"}

    assert record_reply(output).text == ANSWER


def test_a_batch_has_neither_tier_nor_latency():
    reply = record_reply(converse(metrics={"latencyMs": 900}, serviceTier={"type": "flex"}))

    assert (reply.tier, reply.latency_ms) == ("default", 0)


GARBAGE = [
    {},
    {"output": None},
    {"output": {"message": {"content": ["x"]}}},
    {"content": "x"},
    {"content": ["x"]},
    {"content": [{"type": "text"}]},
    {"choices": []},
    {"choices": [None]},
    {"choices": [{}]},
    {"choices": [{"message": {"content": {"text": "x"}}}]},
    {"outputs": [{}]},
    {"generation": None},
    {"embedding": [0.1]},
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_is_no_reply_is_a_lost_one_that_may_be_billed(garbage):
    with pytest.raises(ModelError) as caught:
        record_reply(garbage)

    assert caught.value.kind is ErrorKind.TRANSPORT
    assert caught.value.maybe_billed


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "output",
    "content",
    "choices",
    "generation",
    "outputs",
    "usage",
    "message",
    "text",
    "stop_reason",
    "stopReason",
)


@given(st.dictionaries(st.sampled_from(KEYS), ANY_JSON | st.dictionaries(st.sampled_from(KEYS), ANY_JSON)))
def test_whatever_came_back_is_a_reply_or_a_model_error(output):
    try:
        reply = record_reply(output)
    except ModelError as error:
        assert error.maybe_billed  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(reply.text, str)
        json.dumps(reply.raw_usage)


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (400, "bad request", ErrorKind.REJECTED),
        ("400", "bad request", ErrorKind.REJECTED),
        (400, "Input is too long for requested model.", ErrorKind.TOO_LONG),
        (422, "unprocessable", ErrorKind.REJECTED),
        (403, "no", ErrorKind.FORBIDDEN),
        (404, "no such model", ErrorKind.NO_MODEL),
        (408, "slow", ErrorKind.TIMEOUT),
        (413, "too big", ErrorKind.TOO_LONG),
        (424, "model error", ErrorKind.INTERNAL),
        (429, "slow down", ErrorKind.THROTTLED),
        (500, "oops", ErrorKind.INTERNAL),
        (503, "busy", ErrorKind.UNAVAILABLE),
        (599, "?", ErrorKind.INTERNAL),
        ("ThrottlingException", "slow down", ErrorKind.THROTTLED),
        ("com.amazon.bedrock#ValidationException", "bad request", ErrorKind.REJECTED),
        ("InternalServerException", "oops", ErrorKind.INTERNAL),
        ("SomethingNew", "?", ErrorKind.INTERNAL),
        (None, None, ErrorKind.INTERNAL),
        ([], {}, ErrorKind.INTERNAL),
    ],
)
def test_the_code_of_an_error_record_gives_its_kind(code, said, kind):
    error = record_error({"errorCode": code, "errorMessage": said, "new": 1}, model="amazon.nova-lite-v1:0")

    assert error.kind is kind


def test_what_aws_says_is_told_short_and_without_passwords():
    said = "see https://me:secret@proxy.test " + "x" * 2000

    error = record_error({"errorCode": 400, "errorMessage": said}, model="amazon.nova-lite-v1:0")

    assert "secret" not in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize("said", ["Too busy", "Too busy.", "Too busy. ", "Too busy...", "Too busy !"])
def test_an_error_ends_in_one_full_stop_whatever_bedrocks_text_ends_with(said):
    error = record_error({"errorCode": 429, "errorMessage": said}, model="amazon.nova-lite-v1:0")

    assert error.message == "amazon.nova-lite-v1:0 answered a record with the error 429: Too busy."


@pytest.mark.parametrize("said", ["", ".", None])
def test_an_error_without_a_text_tells_its_code_alone(said):
    error = record_error({"errorCode": 500, "errorMessage": said}, model="amazon.nova-lite-v1:0")

    assert error.message == "amazon.nova-lite-v1:0 answered a record with the error 500."


@pytest.mark.parametrize("error", [None, "bad", 400])
def test_a_record_with_neither_a_reply_nor_an_error_is_lost(error):
    told = RecordCodec(None, RecordFormat.CONVERSE).error(error)

    assert (told.kind, told.maybe_billed) == (ErrorKind.TRANSPORT, True)


@pytest.mark.parametrize("told", list(RecordFormat))
@pytest.mark.parametrize("output", [converse(), claude(), llama(), chat()])
def test_a_codec_reads_records_of_jobs_that_were_sent_in_another_format(told, output):
    assert RecordCodec("amazon.nova-lite-v1:0", told).reply(output).usage == USAGE


def test_a_codec_names_the_model_in_an_error():
    error = RecordCodec("amazon.nova-lite-v1:0", RecordFormat.CONVERSE).error({"errorCode": 404})

    assert "amazon.nova-lite-v1:0" in error.message
