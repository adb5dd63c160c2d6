"""Reading the answer out of a reply, however the model wrapped it."""

from __future__ import annotations

import json
from typing import Any

from worker.model import Reply

_DECODER = json.JSONDecoder(strict=False)
#: Stop reasons for which the same prompt would be refused again.
FILTERED = frozenset({"guardrail_intervened", "content_filtered"})
#: Stop reasons that mean the answer was cut.
CUT = frozenset({"max_tokens", "model_context_window_exceeded"})


def read_answer(reply: Reply) -> dict[str, Any] | None:
    """Give a reply's JSON object: a tool call's input, or the first object in its text; None when there is none."""
    if reply.tool_input:  # some models call the tool with nothing and write the answer as text
        return dict(reply.tool_input)
    return first_object(reply.text)


def first_object(text: str) -> dict[str, Any] | None:
    """Find the first JSON object in a text; fences and words around it do not matter."""
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            at = text.find("{", at + 1)
            continue
        return found if isinstance(found, dict) else None
    return None
