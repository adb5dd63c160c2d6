"""A request as Converse takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from worker.aws.capabilities import Capability
from worker.model import OutputMode, Request

#: The tool whose input is the answer.
TOOL_NAME = "write_copy"
_TOOL_BRIEF = "Hand in the finished copy."
#: Reference: InvokeModel requestMetadata, botocore 1.44.5: at most 16 pairs of at most 256 of these characters.
_METADATA_PAIRS = 16
_METADATA_CHARS = 256
_NOT_METADATA = re.compile(r"[^a-zA-Z0-9\s:_@$#=/+,\-.]")
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def converse_arguments(request: Request, capability: Capability) -> dict[str, Any]:
    """Write a request as the arguments of `converse` and `converse_stream`."""
    arguments = {"modelId": request.model} | converse_body(request, capability)
    if "system" in arguments and request.cache_system and capability.caches("system"):
        arguments["system"].append({"cachePoint": {"type": "default"}})
    if request.mode is OutputMode.TOOL:
        arguments["toolConfig"] = _forced_tool(request.schema, capability)
    elif request.mode is OutputMode.STRUCTURED:
        arguments["outputConfig"] = _structured(request.schema)
    if request.tier != "default":
        arguments["serviceTier"] = {"type": request.tier}
    if request.metadata:
        arguments["requestMetadata"] = clean_metadata(request.metadata)
    return arguments


def converse_body(request: Request, capability: Capability) -> dict[str, Any]:
    """Write the texts of a request and how they are to be answered, as Converse takes them."""
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": [{"text": request.user}]}],
        "inferenceConfig": _inference(request, capability),
    }
    system = system_text(request)
    if system:
        body["system"] = [{"text": system}]
    return body


def clean_metadata(pairs: Mapping[str, str]) -> dict[str, str]:
    """Keep what the invocation log takes: 16 pairs, 256 characters each, others as `_`."""
    cleaned = {
        _NOT_METADATA.sub("_", key)[:_METADATA_CHARS]: _NOT_METADATA.sub("_", value)[:_METADATA_CHARS]
        for key, value in pairs.items()
        if key
    }
    return dict(list(cleaned.items())[:_METADATA_PAIRS])


def system_text(request: Request) -> str:
    """Give the system prompt as it is sent: with the schema in it where the answer is asked for in the prompt."""
    if request.mode is not OutputMode.PROMPT:
        return request.system
    asked = (
        "Answer with one JSON object and nothing else: no greeting, no explanation, no code fence. "
        f"It must match this JSON schema:\n{_compact(request.schema)}"
    )
    return f"{request.system}\n\n{asked}" if request.system else asked


def sampling_of(request: Request, capability: Capability) -> tuple[float | None, float | None]:
    """Give the temperature and the top_p that the model takes, None for what is not sent."""
    if capability.sampling == "none":
        return None, None
    temperature, top_p = request.parameters.get("temperature"), request.parameters.get("top_p")
    if capability.sampling == "one" and temperature is not None:
        top_p = None
    return temperature, top_p


def _inference(request: Request, capability: Capability) -> dict[str, float]:
    inference: dict[str, float] = {"maxTokens": request.max_tokens}
    temperature, top_p = sampling_of(request, capability)
    if temperature is not None:
        inference["temperature"] = temperature
    if top_p is not None:
        inference["topP"] = top_p
    return inference


def _forced_tool(schema: Mapping[str, Any], capability: Capability) -> dict[str, Any]:
    # Nova takes only these three keys at the top of a tool's schema (reference: Nova user guide, tool-use).
    top = {key: schema[key] for key in ("type", "properties", "required") if key in schema}
    tool = {"toolSpec": {"name": TOOL_NAME, "description": _TOOL_BRIEF, "inputSchema": {"json": top}}}
    forced = {"any": {}} if capability.tool_choice == "any" else {"tool": {"name": TOOL_NAME}}
    return {"tools": [tool], "toolChoice": forced}


def _structured(schema: Mapping[str, Any]) -> dict[str, Any]:
    structure = {"jsonSchema": {"schema": _compact(schema), "name": TOOL_NAME}}
    return {"textFormat": {"type": "json_schema", "structure": structure}}


def _compact(schema: Any) -> str:
    return _COMPACT.encode(schema)
