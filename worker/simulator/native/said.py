from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from worker.simulator.answer import Answer
from worker.simulator.errors import invalid

#: Stop reasons of Converse -> those of most native bodies.
STOP_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer with what its native body tells beside it."""

    model_id: str
    answer: Answer
    #: The usage block of Converse.
    usage: Mapping[str, Any]
    #: Seconds since 1970.
    created_s: int
    #: Hexadecimal, the same for the same prompt.
    reply_id: str

    @property
    def stop(self) -> str:
        """Why it stopped, as most native bodies say it."""
        return STOP_REASONS[self.answer.stop_reason]


def check_keys(body: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a body with a key that the model does not know.

    Raises:
        ServiceError: it has one.
    """
    for key in body:
        if key not in known:
            raise invalid(f"Malformed input request: #: extraneous key [{key}] is not permitted")


def converse(
    *,
    system: str,
    messages: list[dict[str, Any]],
    max_tokens: Any,
    body: Mapping[str, Any],
    stop_key: str,
) -> dict[str, Any]:
    """Write what a native body says as the body of a Converse request; `stop_key` is what it calls stop sequences."""
    given = {"maxTokens": max_tokens, "temperature": body.get("temperature"), "topP": body.get("top_p")}
    inference = {name: value for name, value in given.items() if value is not None}
    stops = body.get(stop_key)
    if stops:
        inference["stopSequences"] = [stops] if isinstance(stops, str) else stops
    return {"system": [{"text": system}] if system else [], "messages": messages, "inferenceConfig": inference}


def message(role: str, text: str) -> dict[str, Any]:
    """Write one message of a Converse request."""
    return {"role": role, "content": [{"text": text}]}
