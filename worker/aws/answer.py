"""A Converse reply, whole or streamed, as the engine reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jobs.usage import TokenUsage
from worker.aws.errors import lost_reply, request_id_of
from worker.model import Reply

#: A count above it is no count of tokens, whoever sent it; the store could not add such numbers up.
_MOST_TOKENS = 10**9


def reply_of(response: Mapping[str, Any], *, elapsed_ms: int) -> Reply:
    """Read what `converse` returned.

    A reply that does not say its usage is taken, with zero usage and an empty usage block: it shows as unpriced.

    Raises:
        ModelError: it is no Converse reply.
    """
    request_id = request_id_of(response)
    try:
        blocks = response["output"]["message"]["content"]
    except (KeyError, TypeError):
        blocks = None
    if not isinstance(blocks, list):
        raise lost_reply("What came back is not a reply of a model.", request_id=request_id)
    return _reply(
        texts=[block["text"] for block in blocks if isinstance(block.get("text"), str)],
        tool_input=next((_tool_input(block["toolUse"]) for block in blocks if block.get("toolUse")), None),
        closing=response,
        request_id=request_id,
        elapsed_ms=elapsed_ms,
    )


def streamed_reply(
    events: Iterable[Mapping[str, Any]], show: Callable[[str], None], *, request_id: str, elapsed_ms: Callable[[], int]
) -> Reply:
    """Read the events of `converse_stream`, showing the text as it comes.

    Raises:
        ModelError: the stream ended before its message did.
    """
    texts: list[str] = []
    tool_parts: dict[int, list[str]] = {}
    closing: dict[str, Any] = {}
    for event in events:
        delta = (event.get("contentBlockDelta") or {}).get("delta") or {}
        part = delta.get("text") or (delta.get("toolUse") or {}).get("input")
        if isinstance(part, str) and part:
            if "text" in delta:
                texts.append(part)
            else:
                tool_parts.setdefault(event["contentBlockDelta"].get("contentBlockIndex", 0), []).append(part)
            show(part)
        closing |= event.get("messageStop") or {}
        closing |= event.get("metadata") or {}
    if "stopReason" not in closing:
        raise lost_reply("The reply broke off in the middle.", request_id=request_id)
    written = "".join(next(iter(tool_parts.values()), []))
    tool_input = _json_object(written)
    return _reply(
        # A tool call that was cut short is text, so that the parser can say what is wrong with it.
        texts=texts if tool_input is not None or texts else [written],
        tool_input=tool_input,
        closing=closing,
        request_id=request_id,
        elapsed_ms=elapsed_ms(),
    )


def usage_of(block: Any) -> TokenUsage | None:
    """Read a usage block; None when it does not say what was read and written."""
    if not isinstance(block, Mapping):
        return None
    read, wrote = _count(block.get("inputTokens")), _count(block.get("outputTokens"))
    if read is None or wrote is None:
        return None
    details = [entry for entry in block.get("cacheDetails") or () if isinstance(entry, Mapping)]
    written_1h = sum(_count(entry.get("inputTokens")) or 0 for entry in details if entry.get("ttl") == "1h")
    in_details = sum(_count(entry.get("inputTokens")) or 0 for entry in details)
    written = max(_count(block.get("cacheWriteInputTokens")) or 0, in_details)
    return TokenUsage(
        input_tokens=read,
        output_tokens=wrote,
        cache_read_tokens=_count(block.get("cacheReadInputTokens")) or 0,
        cache_write_5m_tokens=written - written_1h,
        cache_write_1h_tokens=written_1h,
    )


def _reply(
    *,
    texts: list[str],
    tool_input: Mapping[str, Any] | None,
    closing: Mapping[str, Any],
    request_id: str,
    elapsed_ms: int,
) -> Reply:
    usage = closing.get("usage")
    tier = closing.get("serviceTier")
    metrics = closing.get("metrics")
    latency_ms = _count(metrics.get("latencyMs")) if isinstance(metrics, Mapping) else None
    return Reply(
        text="".join(texts),
        tool_input=tool_input,
        stop_reason=str(closing.get("stopReason") or "end_turn"),
        usage=usage_of(usage) or TokenUsage(),
        raw_usage=dict(usage) if isinstance(usage, Mapping) else {},
        tier=str(tier.get("type") or "default") if isinstance(tier, Mapping) else "default",
        request_id=request_id,
        latency_ms=elapsed_ms if latency_ms is None else latency_ms,
    )


def _tool_input(call: Any) -> Mapping[str, Any] | None:
    given = call.get("input") if isinstance(call, Mapping) else None
    return given if isinstance(given, Mapping) else _json_object(given)


def _json_object(text: Any) -> Mapping[str, Any] | None:
    try:
        read = json.loads(text)
    except (TypeError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value <= _MOST_TOKENS else None
