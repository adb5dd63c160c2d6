"""What the model says: text or a tool call, whole or cut at max_tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.simulator.copywriter import Copywriter
from worker.simulator.faults import Fault, draw
from worker.simulator.request import ConverseRequest
from worker.simulator.tokens import count_tokens, cut_to_tokens

_PROSE = "I am sorry, but I need a little more context before I can write this. Which audience do you have in mind?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The model's message."""

    text: str
    #: Input of the tool call, when there is one; `text` is its JSON.
    tool_input: Mapping[str, Any] | None
    stop_reason: str
    output_tokens: int
    #: The whole answer within its contract: nothing was spoilt and nothing was cut.
    complete: bool


def write_answer(
    copywriter: Copywriter, request: ConverseRequest, *, fault: Fault, seed: int, fence_rate: float, max_tokens: int
) -> Answer:
    """Write the answer to a request, spoilt as the fault says."""
    if fault is Fault.MALFORMED:
        return Answer(
            text=_PROSE,
            tool_input=None,
            stop_reason="end_turn",
            output_tokens=count_tokens(_PROSE),
            complete=False,
        )
    written = copywriter.write(
        system=request.system,
        user=request.user,
        schema=request.schema,
        over_limit=fault is Fault.OVER_LIMIT and not request.assistant,
    )
    if isinstance(written.copy, str):
        text = written.copy
    else:
        text = json.dumps(written.copy, ensure_ascii=False)
        fenced = request.schema is None and draw(seed, request.digest, 0, "fence") < fence_rate
        text = f"```json\n{text}\n```" if fenced else text
    tool_input = written.copy if request.tool_name and not request.structured else None
    tokens = count_tokens(text)
    most = max(1, tokens // 2) if fault is Fault.TRUNCATE else max_tokens
    if tokens > most:
        return _cut(text, tool_input, most)
    text, stop_reason = _stopped(text, request.stop_sequences)
    return Answer(
        text=text,
        tool_input=tool_input if isinstance(tool_input, dict) else None,
        stop_reason="tool_use" if tool_input is not None else stop_reason,
        output_tokens=tokens,
        complete=not written.over_limit and stop_reason == "end_turn",
    )


def _cut(text: str, tool_input: Any, most_tokens: int) -> Answer:
    part = cut_to_tokens(text, most_tokens)
    kept: dict[str, Any] | None = None
    if tool_input is not None:
        # A tool call that was cut carries the fields that were finished.
        kept = {name: value for name, value in tool_input.items() if json.dumps(value, ensure_ascii=False) in part}
    return Answer(text=part, tool_input=kept, stop_reason="max_tokens", output_tokens=most_tokens, complete=False)


def _stopped(text: str, stop_sequences: tuple[str, ...]) -> tuple[str, str]:
    ends = [text.find(stop) for stop in stop_sequences if stop and stop in text]
    return (text[: min(ends)], "stop_sequence") if ends else (text, "end_turn")
