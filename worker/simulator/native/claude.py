"""Claude's own body: the Messages API.

Source: Bedrock user guide, model-parameters-anthropic-claude-messages-request-response, read 2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.native.said import Said, check_keys, converse

_VERSION = "bedrock-2023-05-31"
_KEYS = (
    "anthropic_version", "anthropic_beta", "max_tokens", "system", "messages", "temperature", "top_p", "top_k",
    "stop_sequences", "metadata", "thinking", "tools", "tool_choice",
)  # fmt: skip


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a request; tools and thinking are not simulated."""
    check_keys(body, _KEYS)
    if body.get("anthropic_version") != _VERSION:
        raise invalid(f"anthropic_version: Input should be '{_VERSION}'")
    if body.get("max_tokens") is None:
        raise invalid("max_tokens: Field required")
    if body.get("tools"):
        raise invalid("tools: the simulator takes tools in Converse only.")
    asked = converse(system="", messages=[], max_tokens=body["max_tokens"], body=body, stop_key="stop_sequences")
    asked["system"] = _blocks(body.get("system") or [])
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise invalid("messages: Field required")
    asked["messages"] = [
        {"role": given.get("role"), "content": _blocks(given.get("content") or [])} if isinstance(given, dict) else {}
        for given in messages
    ]
    return asked


def _blocks(content: Any) -> list[dict[str, Any]]:
    """Read a text or blocks of text; other blocks are not simulated."""
    if isinstance(content, str):
        return [{"text": content}]
    blocks: list[dict[str, Any]] = []
    for block in content:
        if not isinstance(block, dict) or block.get("type") != "text":
            raise invalid("messages.content: the simulator takes blocks of type text only.")
        blocks.append({"text": block.get("text")})
        if block.get("cache_control"):
            blocks.append({"cachePoint": {"type": "default", "ttl": block["cache_control"].get("ttl")}})
    return blocks


def write(said: Said) -> dict[str, Any]:
    """Write a reply."""
    return {
        "id": f"msg_bdrk_{said.reply_id[:24]}",
        "type": "message",
        "role": "assistant",
        "model": said.model_id.partition(".")[2],
        "content": [{"type": "text", "text": said.answer.text}] if said.answer.text else [],
        "stop_reason": said.answer.stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": said.usage["inputTokens"],
            "cache_creation_input_tokens": said.usage.get("cacheWriteInputTokens", 0),
            "cache_read_input_tokens": said.usage.get("cacheReadInputTokens", 0),
            "output_tokens": said.usage["outputTokens"],
        },
    }
