import json
import urllib.error
from contextlib import closing, suppress

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError, HTTPClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from worker.simulator.models import MODELS
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

pytestmark = pytest.mark.servers

NOVA = "amazon.nova-lite-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "bullets": {"type": "array", "items": {"type": "string"}}},
    "required": ["title", "bullets"],
    "additionalProperties": False,
}
PRODUCT = "<product>\nTitle: Ridge Trail Shoe\nBrand: Acme\nMaterial: cotton\nFeatures: light; red laces\n</product>"


def said(text=PRODUCT):
    return [{"role": "user", "content": [{"text": text}]}]


def tool(schema=None):
    spec = {"name": "write_copy", "inputSchema": {"json": schema or SCHEMA}}
    return {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": "write_copy"}}}


def structured(schema=None):
    text = json.dumps(schema or SCHEMA)
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": text, "name": "copy"}}}}


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_forced_tool_call_is_answered_with_its_fields(runtime, differences):
    reply = runtime.converse(modelId=NOVA, messages=said(), toolConfig=tool(), inferenceConfig={"maxTokens": 900})
    use = reply["output"]["message"]["content"][0]["toolUse"]
    assert set(use["input"]) == {"title", "bullets"}
    assert reply["stopReason"] == "tool_use"
    assert differences("bedrock-runtime", "Converse", reply) == []


def test_structured_output_is_answered_with_json_text(runtime, differences):
    reply = runtime.converse(modelId=HAIKU, messages=said(), outputConfig=structured())
    assert set(json.loads(reply["output"]["message"]["content"][0]["text"])) == {"title", "bullets"}
    assert differences("bedrock-runtime", "Converse", reply) == []


def test_a_reasoning_model_answers_with_its_reasoning_first(runtime, differences):
    reply = runtime.converse(modelId="openai.gpt-oss-20b-1:0", messages=said(), serviceTier={"type": "flex"})
    kinds = [next(iter(block)) for block in reply["output"]["message"]["content"]]
    assert kinds == ["reasoningContent", "text"]
    assert reply["serviceTier"] == {"type": "flex"}
    assert differences("bedrock-runtime", "Converse", reply) == []


@pytest.mark.parametrize("model", ["openai.gpt-oss-20b-1:0", NOVA])
def test_a_stream_gives_the_same_answer_as_converse(runtime, shapes, model):
    asked = {"modelId": model, "messages": said(), "inferenceConfig": {"maxTokens": 2000}}
    whole = runtime.converse(**asked)["output"]["message"]["content"][-1]["text"]
    shape = shapes("bedrock-runtime", "ConverseStream").members["stream"]
    events = list(runtime.converse_stream(**asked)["stream"])
    pieces = [event["contentBlockDelta"]["delta"].get("text", "") for event in events if "contentBlockDelta" in event]
    assert "".join(pieces) == whole
    assert next(iter(events[0])) == "messageStart"
    assert [next(iter(event)) for event in events[-3:]] == ["contentBlockStop", "messageStop", "metadata"]
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 0
    for event in events:
        (name, body) = next(iter(event.items()))
        assert set(body) <= set(shape.members[name].members)
        assert set(shape.members[name].required_members) <= set(body)


def test_a_streamed_tool_call_joins_to_json(runtime):
    events = runtime.converse_stream(modelId=NOVA, messages=said(), toolConfig=tool())["stream"]
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert set(json.loads("".join(delta["toolUse"]["input"] for delta in deltas))) == {"title", "bullets"}


def test_arns_and_profiles_reach_their_model(runtime):
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{HAIKU}"
    for model in (arn, HAIKU, "global.anthropic.claude-sonnet-4-6", "us.amazon.nova-pro-v1:0"):
        assert runtime.converse(modelId=model, messages=said(), inferenceConfig={"maxTokens": 5})["usage"]


def test_tokens_are_counted_as_converse_counts_them(runtime, differences):
    model = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
    counted = runtime.count_tokens(modelId=model, input={"converse": {"messages": said()}})
    used = runtime.converse(modelId=model, messages=said())["usage"]["inputTokens"]
    assert counted["inputTokens"] == used
    assert differences("bedrock-runtime", "CountTokens", counted) == []


def test_the_control_plane_lists_models_and_their_availability(control, differences):
    listed = control.list_foundation_models()
    ids = {summary["modelId"] for summary in listed["modelSummaries"]}
    assert NOVA in ids
    assert "anthropic.claude-3-haiku-20240307-v1:0" not in ids
    assert all("INFERENCE_PROFILE" in text for text in differences("bedrock", "ListFoundationModels", listed))
    answer = control.get_foundation_model_availability(modelId=NOVA)
    assert answer["authorizationStatus"] == "AUTHORIZED"
    assert differences("bedrock", "GetFoundationModelAvailability", answer) == []
    denied = control.get_foundation_model_availability(modelId="mistral.ministral-3-8b-instruct")
    assert denied["authorizationStatus"] == "NOT_AUTHORIZED"
    details = control.get_foundation_model(modelIdentifier="anthropic.claude-opus-4-1-20250805-v1:0")
    assert details["modelDetails"]["modelLifecycle"]["status"] == "LEGACY"


def test_the_caller_is_a_role_and_not_root(endpoint, make_client):
    identity = make_client("sts", endpoint).get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert ":assumed-role/" in identity["Arn"]


def test_model_names_are_as_long_as_bedrocks_own():
    assert len(MODELS) == 48
    assert all(0 < len(model.name) <= 20 and model.provider for model in MODELS.values())


def test_refusals_come_with_bedrocks_codes(runtime):
    asked = {"messages": said()}
    assert refused(runtime.converse, modelId="amazon.nova-9-v1:0", **asked) == ("ValidationException", 400)
    ended = "us.anthropic.claude-3-haiku-20240307-v1:0"
    assert refused(runtime.converse, modelId=ended, **asked) == ("ResourceNotFoundException", 404)
    denied = "mistral.ministral-3-8b-instruct"
    assert refused(runtime.converse_stream, modelId=denied, **asked) == ("AccessDeniedException", 403)


def test_a_refusal_has_a_request_id_and_a_message(runtime):
    with pytest.raises(runtime.exceptions.ValidationException) as caught:
        runtime.converse(modelId="amazon.nova-9-v1:0", messages=said())
    assert caught.value.response["Error"]["Message"] == "The provided model identifier is invalid."
    assert caught.value.response["ResponseMetadata"]["RequestId"]


@pytest.fixture(scope="module")
def faulty():
    with start_simulator(SimulatorSettings()) as simulator:
        yield simulator.endpoint


def outcome(client, text):
    """Say what a client sees: an error's code or name, or an empty reply, which botocore makes of a broken body."""
    try:
        reply = client.converse(modelId=NOVA, messages=said(text))
    except ClientError as error:
        return error.response["Error"]["Code"]
    except (HTTPClientError, ResponseParserError) as error:
        return type(error).__name__
    return "whole" if "output" in reply else "broken"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("throttle_rate", {"ThrottlingException"}),
        ("error_rate", {"InternalServerException", "ServiceUnavailableException"}),
        ("drop_rate", {"ConnectionClosedError", "broken"}),
        ("garbage_rate", {"broken"}),
    ],
)
def test_each_fault_reaches_the_client_as_what_it_is(faulty, make_client, ask, setting, expected):
    rates = dict.fromkeys(("throttle_rate", "error_rate", "drop_rate", "garbage_rate"), 0)
    ask(faulty, "settings", {**rates, setting: 1})
    client = make_client("bedrock-runtime", faulty)
    assert {outcome(client, f"{setting} {number}") for number in range(12)} == expected


@pytest.mark.parametrize(("setting", "error"), [("garbage_rate", EventStreamError), ("drop_rate", ProtocolError)])
def test_a_stream_that_breaks_never_gives_its_usage(faulty, make_client, ask, setting, error):
    ask(faulty, "settings", {"throttle_rate": 0, "error_rate": 0, "garbage_rate": 0, "drop_rate": 0, setting: 1})
    client = make_client("bedrock-runtime", faulty)
    events, broken = [], 0
    for number in range(4):
        with suppress(ConnectionClosedError):
            stream = client.converse_stream(modelId=NOVA, messages=said(f"a stream {number}"))["stream"]
            with closing(stream), pytest.raises(error):
                events.extend(stream)
            broken += 1
    assert broken
    assert not any("metadata" in event for event in events)


def test_the_counters_know_what_was_answered(faulty, make_client, ask):
    ask(faulty, "settings", {"throttle_rate": 0, "error_rate": 0, "garbage_rate": 0, "drop_rate": 0})
    before = ask(faulty, "counters")
    client = make_client("bedrock-runtime", faulty)
    used = [client.converse(modelId=NOVA, messages=said("twice"))["usage"] for _ in range(2)]
    after = ask(faulty, "counters")
    assert after["ok"] - before["ok"] == 2
    billed = after["tokens"][NOVA]["outputTokens"] - before["tokens"].get(NOVA, {}).get("outputTokens", 0)
    assert billed == sum(usage["outputTokens"] for usage in used)
    assert after["complete_answers_by_prompt"]["more_than_one"] == 1
    assert after["peak_in_flight"] >= 1
    assert after["in_flight"] == 0


def test_a_wrong_setting_is_named(faulty, ask):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(faulty, "settings", {"throtle_rate": 1})
    with caught.value as reply:
        assert "throttle_rate" in json.loads(reply.read())["message"]
