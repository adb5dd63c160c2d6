"""The bodies of replies, as Bedrock writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from worker.simulator.answer import Answer
from worker.simulator.eventstream import event_frame
from worker.simulator.prompt_cache import CacheUse

#: Characters of one delta of a stream: about the tokens that Bedrock sends at a time.
_DELTA_CHARS = 16


def usage_block(input_tokens: int, answer: Answer, cache: CacheUse, *, caching: bool) -> dict[str, Any]:
    """Write the usage block; `inputTokens` excludes what was read from the cache or written to it."""
    cached = cache.read_tokens + cache.write_tokens
    usage: dict[str, Any] = {
        "inputTokens": input_tokens - cached,
        "outputTokens": answer.output_tokens,
        "totalTokens": input_tokens + answer.output_tokens,
    }
    if caching:
        usage["cacheReadInputTokens"] = cache.read_tokens
        usage["cacheWriteInputTokens"] = cache.write_tokens
        if cache.written:
            usage["cacheDetails"] = [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in cache.written]
    return usage


def converse_body(
    answer: Answer, usage: dict[str, Any], *, latency_ms: int, tool: tuple[str, str], tier: str
) -> dict[str, Any]:
    """Write the reply of Converse; `tool` is the name and the id of its call."""
    blocks: list[dict[str, Any]] = []
    if answer.reasoning:
        blocks.append({"reasoningContent": {"reasoningText": {"text": answer.reasoning}}})
    if answer.tool_input is not None:
        blocks.append({"toolUse": {"toolUseId": tool[1], "name": tool[0], "input": answer.tool_input}})
    elif answer.text:
        blocks.append({"text": answer.text})
    body = {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": answer.stop_reason,
        "usage": usage,
        "metrics": {"latencyMs": latency_ms},
    }
    if tier != "default":
        body["serviceTier"] = {"type": tier}
    return body


def stream_head(answer: Answer, tool: tuple[str, str]) -> bytes:
    """Frame the events before the first text: the role, the reasoning, the start of a tool call."""
    head = _event("messageStart", {"role": "assistant"})
    if answer.reasoning:
        delta = {"reasoningContent": {"text": answer.reasoning}}
        head += _event("contentBlockDelta", {"delta": delta, "contentBlockIndex": 0})
        head += _event("contentBlockStop", {"contentBlockIndex": 0})
    if answer.tool_input is not None:
        start = {"toolUse": {"toolUseId": tool[1], "name": tool[0]}}
        head += _event("contentBlockStart", {"start": start, "contentBlockIndex": _place(answer)})
    return head


def stream_deltas(answer: Answer) -> Iterator[bytes]:
    """Frame the text, a few tokens at a time."""
    place = _place(answer)
    for start in range(0, len(answer.text), _DELTA_CHARS):
        part = answer.text[start : start + _DELTA_CHARS]
        delta: dict[str, Any] = {"text": part} if answer.tool_input is None else {"toolUse": {"input": part}}
        yield _event("contentBlockDelta", {"delta": delta, "contentBlockIndex": place})


def stream_tail(answer: Answer, usage: dict[str, Any], *, latency_ms: int, tier: str) -> bytes:
    """Frame the events after the last text."""
    metadata: dict[str, Any] = {"usage": usage, "metrics": {"latencyMs": latency_ms}}
    if tier != "default":
        metadata["serviceTier"] = {"type": tier}
    return (
        _event("contentBlockStop", {"contentBlockIndex": _place(answer)})
        + _event("messageStop", {"stopReason": answer.stop_reason})
        + _event("metadata", metadata)
    )


def _place(answer: Answer) -> int:
    """Index of the block that holds the answer: the reasoning stands before it."""
    return 1 if answer.reasoning else 0


def _event(kind: str, body: dict[str, Any]) -> bytes:
    return event_frame(kind, json.dumps(body, ensure_ascii=False).encode())
