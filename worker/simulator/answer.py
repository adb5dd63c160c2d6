"""What the model says: text or a tool call, whole or cut at max_tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.simulator.copywriter import Copywriter
from worker.simulator.faults import Fault, draw
from worker.simulator.models import SimulatedModel
from worker.simulator.request import ConverseRequest
from worker.simulator.tokens import count_tokens, cut_to_tokens

_PROSE = "I am sorry, but I need a little more context before I can write this. Which audience do you have in mind?"
_REASONING = (
    "I keep to the facts that are given, say nothing that is not among them, write each field within its limit, "
    "and vary the wording from one text to the next."
)
_REASONING_TOKENS = count_tokens(_REASONING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The model's message."""

    #: What a reasoning model thought first, "" for the others.
    reasoning: str
    text: str
    #: Input of the tool call, when there is one; `text` is its JSON.
    tool_input: Mapping[str, Any] | None
    stop_reason: str
    output_tokens: int
    #: The whole answer within its contract: nothing was spoilt and nothing was cut.
    complete: bool


def write_answer(
    copywriter: Copywriter,
    model: SimulatedModel,
    request: ConverseRequest,
    *,
    fault: Fault,
    seed: int,
    fence_rate: float,
    max_tokens: int,
) -> Answer:
    """Write the answer to a request, spoilt as the fault says."""
    reasoning, spent_tokens = (_REASONING, _REASONING_TOKENS) if model.thinks else ("", 0)
    if spent_tokens >= max_tokens:
        return _answer(cut_to_tokens(reasoning, max_tokens), "", None, "max_tokens", max_tokens)
    if fault is Fault.MALFORMED:
        return _answer(reasoning, _PROSE, None, "end_turn", spent_tokens + count_tokens(_PROSE))
    written = copywriter.write(
        system=request.system,
        user=request.user,
        schema=request.schema,
        over_limit=fault is Fault.OVER_LIMIT and not request.assistant,
    )
    copy = written.copy
    text = copy if isinstance(copy, str) else _as_text(copy, request, seed, fence_rate)
    tool_input = copy if request.tool_name and not request.structured and isinstance(copy, dict) else None
    tokens = count_tokens(text)
    most = max(1, tokens // 2) if fault is Fault.TRUNCATE else max_tokens - spent_tokens
    if tokens > most:
        part = cut_to_tokens(text, most)
        return _answer(reasoning, part, _finished(tool_input, part), "max_tokens", spent_tokens + most)
    text, stop_reason = _stopped(text, request.stop_sequences)
    if tool_input is not None:
        stop_reason = "tool_use"
    complete = not written.over_limit and stop_reason != "stop_sequence"
    return _answer(reasoning, text, tool_input, stop_reason, spent_tokens + tokens, complete=complete)


def _answer(
    reasoning: str,
    text: str,
    tool_input: Mapping[str, Any] | None,
    stop_reason: str,
    output_tokens: int,
    *,
    complete: bool = False,
) -> Answer:
    return Answer(
        reasoning=reasoning,
        text=text,
        tool_input=tool_input,
        stop_reason=stop_reason,
        output_tokens=output_tokens,
        complete=complete,
    )


def _as_text(copy: Mapping[str, Any], request: ConverseRequest, seed: int, fence_rate: float) -> str:
    text = json.dumps(copy, ensure_ascii=False)
    fenced = request.schema is None and draw(seed, request.digest, 0, "fence") < fence_rate
    return f"```json\n{text}\n```" if fenced else text


def _finished(tool_input: Mapping[str, Any] | None, part: str) -> Mapping[str, Any] | None:
    """Give the fields of a tool call that were finished before it was cut."""
    if tool_input is None:
        return None
    return {name: value for name, value in tool_input.items() if json.dumps(value, ensure_ascii=False) in part}


def _stopped(text: str, stop_sequences: tuple[str, ...]) -> tuple[str, str]:
    ends = [text.find(stop) for stop in stop_sequences if stop and stop in text]
    return (text[: min(ends)], "stop_sequence") if ends else (text, "end_turn")
