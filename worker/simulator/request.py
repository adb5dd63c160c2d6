"""A Converse request as Bedrock reads it, and what it refuses in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.models import SimulatedModel
from worker.simulator.refusals import (
    check_cache_ttls,
    check_choice,
    check_sampling,
    checked_max_tokens,
    checked_messages,
    checked_tier,
)
from worker.simulator.schema_rules import check_structured_schema
from worker.simulator.tokens import TOKENS_PER_MESSAGE, count_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePoint:
    """Everything before it can be cached."""

    prefix: str
    ttl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConverseRequest:
    """What one request says, with its texts joined."""

    system: str
    #: The texts of all messages.
    user: str
    #: Earlier answers of the model, for a request that goes on from one.
    assistant: str
    messages: int
    cache_points: tuple[CachePoint, ...]
    #: None when the request does not say.
    max_tokens: int | None
    #: The tool that is asked for, with its schema.
    tool_name: str
    #: JSON schema of the answer, by tool or by structured output.
    schema: Mapping[str, Any] | None
    structured: bool
    #: Text that tools and schemas add to the input.
    extra_input: str
    stop_sequences: tuple[str, ...]
    tier: str
    #: Of model and texts: the same prompt has the same digest, whatever its limits and tier.
    digest: bytes
    #: As `digest`, and the same whatever way the answer's form is asked for: by tool, by structured output, in words.
    task: bytes


def parse_json(body: bytes) -> Mapping[str, Any]:
    """Read a request's body."""
    try:
        read = json.loads(body)
    except ValueError as error:
        raise invalid("The request body is not valid JSON.") from error
    if not isinstance(read, dict):
        raise invalid("The request body is not a JSON object.")
    return read


def read_converse(model: SimulatedModel, body: Mapping[str, Any]) -> ConverseRequest:
    """Read and check the body of a Converse or ConverseStream request.

    Raises:
        ServiceError: Bedrock would refuse it.
    """
    messages = checked_messages(body)
    system_blocks = body.get("system") or []
    if system_blocks and not model.system_prompt:
        raise invalid("This model doesn't support system prompts. Try again without a system prompt.")
    inference = body.get("inferenceConfig") or {}
    max_tokens = checked_max_tokens(model, inference)
    check_sampling(model, inference)
    tool_name, tool_schema, tool_text, tool_points = _tool(model, body.get("toolConfig"))
    structured_schema, structured_text = _structured(model, body.get("outputConfig"))
    system, points = _texts(system_blocks, tool_text, "system", tool_points)
    user, assistant, points = _conversation(messages, tool_text + system, points)
    check_cache_ttls(model, [point.ttl for point in points])
    tier = checked_tier(model, body.get("serviceTier"))
    return ConverseRequest(
        system=system,
        user=user,
        assistant=assistant,
        messages=len(messages),
        cache_points=tuple(points),
        max_tokens=max_tokens,
        tool_name=tool_name,
        schema=structured_schema if structured_schema is not None else tool_schema,
        structured=structured_schema is not None,
        extra_input=tool_text + structured_text,
        stop_sequences=tuple(inference.get("stopSequences") or ()),
        tier=tier,
        digest=_digest(model.id, system, user, assistant),
        task=_digest(model.id, _without_schema(f"{system}\n\n{user}"), assistant),
    )


def input_tokens(model: SimulatedModel, request: ConverseRequest) -> int:
    """Count the input tokens of a request.

    Raises:
        ServiceError: they are more than the model takes.
    """
    tokens = TOKENS_PER_MESSAGE * request.messages + sum(
        count_tokens(text) for text in (request.system, request.user, request.assistant, request.extra_input)
    )
    if tokens > model.context_tokens:
        raise invalid("Input is too long for requested model.")
    return tokens


def _digest(*parts: str) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.digest()


def _without_schema(text: str) -> str:
    """Leave out the paragraphs that hold a JSON schema, and white space around the others."""
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part and '"properties":' not in part)


def _tool(
    model: SimulatedModel, config: Mapping[str, Any] | None
) -> tuple[str, Mapping[str, Any] | None, str, list[CachePoint]]:
    """Find the tool that the answer goes to: the forced one, else the first."""
    if not config:
        return "", None, "", []
    if not model.tool_choice:
        raise invalid("This model doesn't support tool use.")
    specs: dict[str, Mapping[str, Any]] = {}
    text = ""
    points = []
    for tool in config.get("tools") or []:
        if "cachePoint" in tool:
            points.append(_point(tool["cachePoint"], text))
        elif "toolSpec" in tool:
            spec = tool["toolSpec"]
            specs[spec.get("name", "")] = spec
            text += json.dumps(spec, separators=(",", ":"))
    if not specs:
        raise invalid("The value at toolConfig.tools is empty. Add values to toolConfig.tools, and try again.")
    check_choice(model, config.get("toolChoice") or {})
    choice = (config.get("toolChoice") or {}).get("tool")
    name = choice.get("name", "") if choice else next(iter(specs))
    if name not in specs:
        raise invalid(f"The tool {name} of toolConfig.toolChoice is not in toolConfig.tools.")
    schema = (specs[name].get("inputSchema") or {}).get("json")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise invalid(
            "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object."
        )
    if specs[name].get("strict"):
        check_structured_schema(schema)
    return name, schema, text, points


def _structured(model: SimulatedModel, config: Mapping[str, Any] | None) -> tuple[Mapping[str, Any] | None, str]:
    text_format = (config or {}).get("textFormat")
    if not text_format:
        return None, ""
    if not model.structured_output:
        raise invalid(
            "This model doesn't support the outputConfig.textFormat field. "
            "Remove outputConfig.textFormat and try again."
        )
    text = ((text_format.get("structure") or {}).get("jsonSchema") or {}).get("schema")
    if text_format.get("type") != "json_schema" or not isinstance(text, str):
        raise invalid("The value at outputConfig.textFormat.structure.jsonSchema.schema must be a JSON schema as text.")
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise invalid("The JSON schema at outputConfig.textFormat is not valid JSON.") from error
    check_structured_schema(schema)
    return schema, text


def _texts(
    blocks: list[Mapping[str, Any]], before: str, where: str, points: list[CachePoint]
) -> tuple[str, list[CachePoint]]:
    """Join the texts of blocks and note what stands before each cache point."""
    found = list(points)
    joined = ""
    for number, block in enumerate(blocks):
        if not isinstance(block, dict):
            raise invalid(f"The value at {where}.{number} is malformed: it must be an object.")
        if "text" in block:
            text = block["text"]
            if not isinstance(text, str) or not text.strip():
                raise invalid(
                    f"The text field in the ContentBlock object at {where}.{number} is blank. "
                    "Add text to the text field, and try again."
                )
            joined += f"\n{text}" if joined else text
        elif "cachePoint" in block:
            found.append(_point(block["cachePoint"], before + joined))
    return joined, found


def _conversation(
    messages: list[Mapping[str, Any]], before: str, points: list[CachePoint]
) -> tuple[str, str, list[CachePoint]]:
    by_role = {"user": "", "assistant": "", "system": ""}
    passed = before
    for number, message in enumerate(messages):
        text, points = _texts(message["content"], passed, f"messages.{number}.content", points)
        passed += text
        by_role[message["role"]] += ("\n" if by_role[message["role"]] else "") + text
    return by_role["user"] or by_role["system"], by_role["assistant"], points


def _point(block: Mapping[str, Any], prefix: str) -> CachePoint:
    if block.get("type") != "default":
        raise invalid("The value at cachePoint.type must be one of the following: default.")
    return CachePoint(prefix=prefix, ttl=block.get("ttl") or "5m")
