"""Bodies with one text that holds the whole conversation between the model's own tokens: Llama and Mistral.

Sources: Bedrock user guide, model-parameters-meta and model-parameters-mistral-text-completion, read 2026-10; the
tokens of Llama 4, which the guide does not show, from llama.com, model-cards-and-prompt-formats/llama4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.native.said import Said, check_keys, converse, message

_LLAMA_KEYS = ("prompt", "temperature", "top_p", "max_gen_len", "images")
_LLAMA_USUAL_TOKENS, _LLAMA_MOST_TOKENS = 512, 2048
_LLAMA_TURN = re.compile(
    r"<\|(?:start_header_id|header_start)\|>(\w+)<\|(?:end_header_id|header_end)\|>(.*?)"
    r"(?=<\|(?:eot_id|eot|start_header_id|header_start)\|>|\Z)",
    re.DOTALL,
)
_LLAMA_START = "<|begin_of_text|>"
_MISTRAL_KEYS = ("prompt", "max_tokens", "stop", "temperature", "top_p", "top_k")
_MISTRAL_USUAL_TOKENS = 8192
_MISTRAL_TURN = re.compile(r"\[INST\](.*?)\[/INST\]([^\[]*)", re.DOTALL)


def read_llama(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a request to Llama."""
    check_keys(body, _LLAMA_KEYS)
    prompt = _prompt(body)
    most = body.get("max_gen_len", _LLAMA_USUAL_TOKENS)
    if not isinstance(most, int) or not 1 <= most <= _LLAMA_MOST_TOKENS:
        raise invalid(f"Malformed input request: #/max_gen_len: {most} is not between 1 and {_LLAMA_MOST_TOKENS}")
    turns = [(role, text.strip()) for role, text in _LLAMA_TURN.findall(prompt)]
    system = "\n".join(text for role, text in turns if role == "system")
    messages = [message(role, text) for role, text in turns if role != "system" and text]
    if not turns:
        messages = [message("user", prompt.removeprefix(_LLAMA_START))]
    return converse(system=system, messages=messages, max_tokens=most, body=body, stop_key="")


def write_llama(said: Said) -> dict[str, Any]:
    """Write a reply of Llama."""
    return {
        "generation": f"\n\n{said.answer.text}",
        "prompt_token_count": said.usage["inputTokens"],
        "generation_token_count": said.usage["outputTokens"],
        "stop_reason": said.stop,
    }


def read_mistral(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a request to a Mistral model that completes texts; it has no place for a system prompt."""
    check_keys(body, _MISTRAL_KEYS)
    prompt = _prompt(body)
    messages: list[dict[str, Any]] = []
    for asked, answered in _MISTRAL_TURN.findall(prompt):
        messages.append(message("user", asked.strip()))
        if answered.replace("</s>", "").strip():
            messages.append(message("assistant", answered.replace("</s>", "").strip()))
    return converse(
        system="",
        messages=messages or [message("user", prompt.removeprefix("<s>"))],
        max_tokens=body.get("max_tokens", _MISTRAL_USUAL_TOKENS),
        body=body,
        stop_key="stop",
    )


def write_mistral(said: Said) -> dict[str, Any]:
    """Write a reply of a Mistral model that completes texts; it tells no usage."""
    return {"outputs": [{"text": said.answer.text, "stop_reason": said.stop}]}


def _prompt(body: Mapping[str, Any]) -> str:
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid("Malformed input request: #: required key [prompt] not found")
    return prompt
