import json
from collections import Counter

import pytest

from worker.simulator.errors import ServiceError
from worker.simulator.faults import Fault, choose_fault
from worker.simulator.local_bedrock import LocalBedrock
from worker.simulator.settings import SimulatorSettings

NOVA = "amazon.nova-lite-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
REGION = "us-east-1"


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def bedrock(clock=None, **settings):
    return LocalBedrock(SimulatorSettings(**settings), clock or Clock())


def body(text="Title: Shoe", *, system="", cache=False, **more):
    blocks = [{"text": system}] if system else []
    blocks += [{"cachePoint": {"type": "default"}}] if cache else []
    asked = {"messages": [{"role": "user", "content": [{"text": text}]}], **more}
    return json.dumps(asked | ({"system": blocks} if blocks else {})).encode()


def code_of(call):
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_omitted_max_tokens_reserves_the_models_maximum():
    clock = Clock()
    simulated = bedrock(clock, tpm=20_000)
    first = simulated.begin(NOVA, body(), REGION)
    assert first.reserved_tokens > 10_000
    assert code_of(lambda: simulated.begin(NOVA, body(), REGION))[0] == "ThrottlingException"
    simulated.finish(first)
    assert simulated.begin(NOVA, body(), REGION)


def test_output_burns_the_quota_at_the_models_rate():
    turn = bedrock().begin(SONNET, body(inferenceConfig={"maxTokens": 100}), REGION)
    assert turn.quota_tokens == turn.usage["inputTokens"] + 5 * turn.usage["outputTokens"]


def test_profiles_have_quotas_of_their_own():
    simulated = bedrock(rpm=1, quota_burst_s=60)
    simulated.begin(NOVA, body("a"), REGION)
    simulated.begin("us." + NOVA, body("b"), REGION)
    assert code_of(lambda: simulated.begin(NOVA, body("c"), REGION))[0] == "ThrottlingException"


def test_a_prefix_is_written_to_the_cache_and_then_read_until_it_expires():
    clock = Clock()
    simulated = bedrock(clock)
    asked = body(system="Long rules. " * 600, cache=True)
    first = simulated.begin(NOVA, asked, REGION).usage
    assert first["cacheWriteInputTokens"] > 1024
    assert first["cacheDetails"] == [{"ttl": "5m", "inputTokens": first["cacheWriteInputTokens"]}]
    second = simulated.begin(NOVA, asked, REGION).usage
    assert second["cacheReadInputTokens"] == first["cacheWriteInputTokens"]
    assert second["cacheWriteInputTokens"] == 0
    assert second["inputTokens"] == first["inputTokens"]
    clock.now_s += 301
    assert simulated.begin(NOVA, asked, REGION).usage["cacheWriteInputTokens"] > 0


def test_cache_reads_are_free_of_the_quota():
    simulated = bedrock()
    asked = body(system="Long rules. " * 600, cache=True, inferenceConfig={"maxTokens": 50})
    first, second = (simulated.begin(NOVA, asked, REGION) for _ in range(2))
    assert first.quota_tokens - second.quota_tokens == second.usage["cacheReadInputTokens"]


def test_a_prefix_below_the_minimum_is_silently_not_cached():
    usage = bedrock().begin(NOVA, body(system="Short rules.", cache=True), REGION).usage
    assert usage["cacheReadInputTokens"] == usage["cacheWriteInputTokens"] == 0


def test_a_cold_model_is_not_ready_for_a_while():
    clock = Clock()
    simulated = bedrock(clock, cold_start_s=30)
    assert code_of(lambda: simulated.begin(NOVA, body(), REGION))[0] == "ModelNotReadyException"
    clock.now_s += 31
    assert simulated.begin(NOVA, body(), REGION)


def test_an_answer_longer_than_max_tokens_is_cut():
    turn = bedrock().begin(NOVA, body(inferenceConfig={"maxTokens": 7}), REGION)
    assert turn.answer.stop_reason == "max_tokens"
    assert turn.usage["outputTokens"] == 7
    assert not turn.answer.complete


def test_faults_repeat_for_the_same_prompt_and_seed():
    def faults(seed):
        simulated = bedrock(seed=seed, malformed_rate=0.3, truncate_rate=0.3)
        return [simulated.begin(NOVA, body(f"p{i % 10}"), REGION).fault for i in range(60)]

    assert faults(1) == faults(1)
    assert faults(1) != faults(2)


def test_faults_come_at_their_rates():
    settings = SimulatorSettings(throttle_rate=0.05, error_rate=0.03, drop_rate=0.01, garbage_rate=0.01)
    seen = Counter(choose_fault(settings, b"%d" % number, 0) for number in range(20_000))
    assert 0.045 < seen[Fault.THROTTLE] / 20_000 < 0.055
    assert 0.025 < (seen[Fault.INTERNAL] + seen[Fault.UNAVAILABLE]) / 20_000 < 0.035
    assert min(seen[Fault.DROP_BEFORE], seen[Fault.DROP_WITHIN], seen[Fault.NOT_JSON], seen[Fault.HALF_JSON]) > 50
    assert 0.89 < seen[Fault.NONE] / 20_000 < 0.91


def test_latency_spreads_around_its_median():
    simulated = bedrock(latency_s=2, latency_spread=0.3)
    waits = sorted(simulated.begin(NOVA, body(f"p{number}"), REGION).latency_s for number in range(201))
    assert waits[0] < 1.5
    assert waits[-1] > 2.5
    assert 1.8 < waits[100] < 2.2


SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "additionalProperties": False}


def _format(schema):
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema)}}}}


def _tool(choice):
    return {
        "tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": SCHEMA}}}],
        "toolChoice": {choice: {"name": "t"}},
    }


@pytest.mark.parametrize(
    ("model", "asked", "message"),
    [
        (NOVA, b"{", "not valid JSON"),
        (NOVA, b"{}", "'messages' failed"),
        (NOVA, b'{"messages": []}', "messages is empty"),
        (NOVA, b'{"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}', "start with a user message"),
        (NOVA, body("  "), "is blank"),
        (NOVA, body(inferenceConfig={"maxTokens": 0}), "greater than or equal to 1"),
        (NOVA, body(inferenceConfig={"maxTokens": 10_001}), "exceeds the model limit of 10000"),
        (NOVA, body(inferenceConfig={"temperature": 2}), "between 0 and 1"),
        (SONNET, body(inferenceConfig={"temperature": 0.5, "topP": 0.5}), "cannot both be specified"),
        ("us.anthropic.claude-opus-4-8", body(inferenceConfig={"temperature": 0.5}), "deprecated for this model"),
        (NOVA, body("word " * 400_000), "too long"),
        (NOVA, body(outputConfig=_format(SCHEMA)), "doesn't support the outputConfig"),
        (SONNET, body(outputConfig=_format({"type": "object"})), "additionalProperties"),
        (SONNET, body(outputConfig=_format(SCHEMA | {"properties": {"a": {"maxLength": 3}}})), "maxLength"),
        ("us.deepseek.r1-v1:0", body(toolConfig=_tool("tool")), "doesn't support tool use"),
        ("meta.llama3-1-8b-instruct-v1:0", body(toolConfig=_tool("tool")), "toolChoice.tool"),
        (NOVA, body(serviceTier={"type": "flex"}), "tier flex is not supported"),
        ("openai.gpt-oss-20b-1:0", body(system="x", cache=True), "prompt caching"),
        ("anthropic.claude-sonnet-4-6", body(), "isn\u2019t supported"),
        ("eu.amazon.nova-lite-v1:0", body(), "identifier is invalid"),
        ("global.amazon.nova-lite-v1:0", body(), "identifier is invalid"),
    ],
)
def test_what_bedrock_refuses_is_refused(model, asked, message):
    code, said = code_of(lambda: bedrock().begin(model, asked, REGION))
    assert code == "ValidationException"
    assert message in said


def test_a_model_without_access_is_forbidden():
    assert code_of(lambda: bedrock(denied=NOVA).begin(NOVA, body(), REGION))[0] == "AccessDeniedException"


def test_a_model_past_its_end_of_life_is_not_found():
    ended = "us.anthropic.claude-sonnet-4-20250514-v1:0"
    assert code_of(lambda: bedrock().begin(ended, body(), REGION))[0] == "ResourceNotFoundException"
