from __future__ import annotations

import json

import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from worker.aws.ask import TOOL_NAME, clean_metadata, converse_arguments
from worker.aws.capabilities import Capability, capability_of
from worker.aws.client import open_client, simulated_session
from worker.model import OutputMode, Request

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string", "maxLength": 60}},
    "required": ["title"],
    "additionalProperties": False,
}
NOVA = capability_of("amazon.nova-lite-v1:0")
HAIKU = capability_of("anthropic.claude-haiku-4-5-20251001-v1:0")


def request(**changes):
    values = {
        "model": "amazon.nova-lite-v1:0",
        "system": "You write copy.",
        "user": "A lamp.",
        "schema": SCHEMA,
        "mode": OutputMode.TOOL,
        "max_tokens": 300,
    }
    return Request(**(values | changes))


@pytest.fixture(scope="module")
def shape():
    client = open_client(simulated_session("us-east-1"), "bedrock-runtime", region="us-east-1")
    return client.meta.service_model.operation_model("Converse").input_shape


@pytest.mark.parametrize("mode", list(OutputMode))
@pytest.mark.parametrize("capability", [Capability(), NOVA, HAIKU, Capability(tool_choice="any")])
@pytest.mark.parametrize("tier", ["default", "flex"])
def test_botocores_own_model_takes_every_request_that_we_write(shape, mode, capability, tier):
    asked = request(
        mode=mode,
        tier=tier,
        cache_system=True,
        parameters={"temperature": 0.4, "top_p": 0.9},
        metadata={f"key {n}": "wért" * 100 for n in range(30)},
    )

    report = ParamValidator().validate(converse_arguments(asked, capability), shape)

    assert not report.has_errors(), report.generate_report()


def test_max_tokens_is_always_sent():
    assert converse_arguments(request(), Capability())["inferenceConfig"] == {"maxTokens": 300}


def test_a_forced_tool_has_the_schema_with_only_the_keys_that_nova_takes():
    tools = converse_arguments(request(), NOVA)["toolConfig"]

    assert tools["toolChoice"] == {"tool": {"name": TOOL_NAME}}
    assert set(tools["tools"][0]["toolSpec"]["inputSchema"]["json"]) == {"type", "properties", "required"}


def test_a_model_that_takes_no_named_tool_is_made_to_call_any():
    arguments = converse_arguments(request(), Capability(tool_choice="any"))

    assert arguments["toolConfig"]["toolChoice"] == {"any": {}}


def test_structured_output_sends_the_schema_as_text():
    arguments = converse_arguments(request(mode=OutputMode.STRUCTURED), HAIKU)
    text_format = arguments["outputConfig"]["textFormat"]

    assert text_format["type"] == "json_schema"
    assert json.loads(text_format["structure"]["jsonSchema"]["schema"]) == SCHEMA
    assert "toolConfig" not in arguments


def test_without_tools_the_schema_is_in_the_system_prompt():
    arguments = converse_arguments(request(mode=OutputMode.PROMPT), Capability())
    text = arguments["system"][0]["text"]

    assert text.startswith("You write copy.\n\n")
    assert '"maxLength":60' in text
    assert not arguments.keys() & {"toolConfig", "outputConfig"}


@pytest.mark.parametrize(
    ("sampling", "parameters", "sent"),
    [
        ("both", {"temperature": 0.4, "top_p": 0.9}, {"temperature": 0.4, "topP": 0.9}),
        ("one", {"temperature": 0.4, "top_p": 0.9}, {"temperature": 0.4}),
        ("one", {"top_p": 0.9}, {"topP": 0.9}),
        ("none", {"temperature": 0.4, "top_p": 0.9}, {}),
        ("both", {"temperature": 0.0}, {"temperature": 0.0}),
    ],
)
def test_a_model_gets_only_the_sampling_parameters_that_it_takes(sampling, parameters, sent):
    arguments = converse_arguments(request(parameters=parameters), Capability(sampling=sampling))

    assert arguments["inferenceConfig"] == {"maxTokens": 300} | sent


def test_a_cache_point_follows_the_system_prompt_where_the_model_takes_one():
    point = {"cachePoint": {"type": "default"}}

    assert converse_arguments(request(cache_system=True), NOVA)["system"][-1] == point
    assert point not in converse_arguments(request(cache_system=True), Capability())["system"]
    assert point not in converse_arguments(request(), NOVA)["system"]


def test_an_empty_system_prompt_is_left_out():
    assert "system" not in converse_arguments(request(system=""), NOVA)


def test_only_another_tier_than_the_default_is_named():
    assert "serviceTier" not in converse_arguments(request(), NOVA)
    assert converse_arguments(request(tier="flex"), NOVA)["serviceTier"] == {"type": "flex"}


@given(st.dictionaries(st.text(max_size=300), st.text(max_size=300), max_size=30))
def test_metadata_is_cut_to_what_the_invocation_log_takes(pairs):
    cleaned = clean_metadata(pairs)

    assert len(cleaned) <= 16
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_@$#=/+,-.")
    for text in (*cleaned, *cleaned.values()):
        assert len(text) <= 256
        assert all(character in allowed or character.isspace() for character in text)
