"""What came back for a record of a batch-inference job: its `modelOutput`, read by its shape.

The shapes of the families share no key, so that neither the model nor the format of the job has to be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jobs.usage import TokenUsage
from worker.aws.answer import reply_of, usage_of
from worker.aws.errors import lost_reply
from worker.model import Reply

#: Stop reasons of the families' own -> Converse's.
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "content_filtered",
    "refusal": "content_filtered",
    "tool_calls": "tool_use",
}
#: Ends of reasoning that stands before the answer: gpt-oss by the user guide (model-parameters-openai), `think` by the
#: prompt formats of Qwen, DeepSeek and MiniMax.
_REASONING = ("reasoning", "think")
#: What is read of Converse's reply.
_READ = ("output", "stopReason", "usage")
_NO_REPLY = "What came back is not a reply of a model."


def record_reply(output: Mapping[str, Any]) -> Reply:
    """Read a `modelOutput`.

    Usage that is not said is zero with an empty usage block: it shows as unpriced. The prompt formats of Mistral say
    none at all (user guide, model-parameters-mistral-text-completion).

    Raises:
        ModelError: it is not the reply of a model.
    """
    try:
        reply = _read(output)
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise lost_reply(_NO_REPLY, request_id="") from error
    if reply is None:
        raise lost_reply(_NO_REPLY, request_id="")
    return reply


def _read(output: Mapping[str, Any]) -> Reply | None:
    if "output" in output:
        return _of_converse(output)
    if isinstance(blocks := output.get("content"), list):
        return _of_claude(output, blocks)
    if isinstance(choices := output.get("choices"), list):
        return _of_choice(output, choices[0])
    if isinstance(text := output.get("generation"), str):
        return _of_llama(output, text)
    if isinstance(texts := output.get("outputs"), list):
        return _reply(_answer(texts[0]["text"]), texts[0].get("stop_reason"), output.get("usage"))
    return None


def _of_converse(output: Mapping[str, Any]) -> Reply:
    """Converse, and Nova's own reply, which has the same shape; tier, latency and request id mean nothing here."""
    return reply_of({name: output[name] for name in _READ if name in output}, elapsed_ms=0)


def _of_claude(output: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]]) -> Reply:
    texts = [block["text"] for block in blocks if block.get("type") == "text"]
    return _reply("".join(texts), output.get("stop_reason"), output.get("usage"))


def _of_choice(output: Mapping[str, Any], choice: Mapping[str, Any]) -> Reply:
    """OpenAI's chat completion; Mistral's has a `stop_reason` instead, and DeepSeek's prompt format a bare text."""
    message = choice.get("message")
    refused = False
    if message is None:
        text = choice["text"]
    else:
        text = _content(message.get("content"))
        refused = not text and bool(message.get("refusal"))
    reason = "content_filter" if refused else choice.get("finish_reason") or choice.get("stop_reason")
    return _reply(_answer(text), reason, output.get("usage"))


def _of_llama(output: Mapping[str, Any], text: str) -> Reply:
    counts = {key: output[key] for key in ("prompt_token_count", "generation_token_count") if key in output}
    return _reply(_answer(text), output.get("stop_reason"), counts)


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def _answer(text: str) -> str:
    """Take the reasoning off a text, so that no draft in it is read as the answer."""
    for name in _REASONING:
        if f"</{name}>" in text or text.lstrip().startswith(f"<{name}>"):
            return _without_reasoning(text, name)
    return text


def _without_reasoning(text: str, name: str) -> str:
    before, end, after = text.partition(f"</{name}>")
    if before.lstrip().startswith(f"<{name}>"):
        return after
    # Where the prompt format itself begins the reasoning, only its end comes back.
    return after if end and "{" in after else text


def _reply(text: str, stop_reason: Any, usage: Any) -> Reply:
    if not isinstance(text, str):
        raise TypeError(text)
    reason = str(stop_reason or "end_turn")
    is_block = isinstance(usage, Mapping)
    return Reply(
        text=text,
        tool_input=None,
        stop_reason=_STOP_REASONS.get(reason, reason),
        usage=(_usage(usage) if is_block else None) or TokenUsage(),
        raw_usage=dict(usage) if is_block else {},
        tier="default",
        request_id="",
        latency_ms=0,
    )


def _usage(block: Mapping[str, Any]) -> TokenUsage | None:
    """Read a usage block of any family."""
    if "prompt_tokens" in block:
        return _chat_usage(block)
    if "input_tokens" in block:
        return _claude_usage(block)
    if "prompt_token_count" in block:
        return usage_of(
            {"inputTokens": block["prompt_token_count"], "outputTokens": block.get("generation_token_count")}
        )
    return usage_of(block)


def _claude_usage(block: Mapping[str, Any]) -> TokenUsage | None:
    """Claude's: `input_tokens` without what the cache had, as in Converse (Anthropic's Messages API, usage)."""
    written = block.get("cache_creation") or {}
    return usage_of(
        {
            "inputTokens": block["input_tokens"],
            "outputTokens": block.get("output_tokens"),
            "cacheReadInputTokens": block.get("cache_read_input_tokens"),
            "cacheWriteInputTokens": block.get("cache_creation_input_tokens"),
            "cacheDetails": [
                {"ttl": ttl, "inputTokens": written.get(f"ephemeral_{ttl}_input_tokens")} for ttl in ("5m", "1h")
            ]
            if written
            else (),
        }
    )


def _chat_usage(block: Mapping[str, Any]) -> TokenUsage | None:
    """OpenAI's: `prompt_tokens` with what the cache had; the reasoning is in `completion_tokens`."""
    cached = (block.get("prompt_tokens_details") or {}).get("cached_tokens")
    usage = usage_of(
        {
            "inputTokens": block["prompt_tokens"],
            "outputTokens": block.get("completion_tokens"),
            "cacheReadInputTokens": cached,
        }
    )
    if usage and usage.cache_read_tokens:
        return replace(usage, input_tokens=max(0, usage.input_tokens - usage.cache_read_tokens))
    return usage
