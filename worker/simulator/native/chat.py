"""OpenAI's chat completion, which Bedrock takes for gpt-oss, Qwen and most open-weight models.

Source: Bedrock user guide, model-parameters-openai, read 2026-10: InvokeModel puts the reasoning before the text,
between `<reasoning>` tags. That the other models are called alike is what their model cards show; that their reasoning
stands there too is taken over from gpt-oss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.native.said import Said, converse, message

_SYSTEM_ROLES = ("system", "developer")


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a request; tools and response formats are not simulated."""
    for key in ("tools", "response_format"):
        if body.get(key):
            raise invalid(f"{key}: the simulator takes this in Converse only.")
    if body.get("stream"):
        raise invalid("The value of stream must be false with InvokeModel.")
    given = body.get("messages")
    if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
        raise invalid("Malformed input request: #: required key [messages] not found")
    texts = [(str(each.get("role")), _text(each.get("content"))) for each in given]
    return converse(
        system="\n".join(text for role, text in texts if role in _SYSTEM_ROLES and text),
        messages=[message(role, text) for role, text in texts if role not in _SYSTEM_ROLES],
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        body=body,
        stop_key="stop",
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def write(said: Said) -> dict[str, Any]:
    """Write a reply."""
    answer = said.answer
    text = f"<reasoning>{answer.reasoning}</reasoning>{answer.text}" if answer.reasoning else answer.text
    return {
        "id": f"chatcmpl-{said.reply_id[:24]}",
        "object": "chat.completion",
        "created": said.created_s,
        "model": said.model_id,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": said.stop,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": said.usage["inputTokens"],
            "completion_tokens": said.usage["outputTokens"],
            "total_tokens": said.usage["totalTokens"],
        },
    }
