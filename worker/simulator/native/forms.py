from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.models import SimulatedModel
from worker.simulator.native import chat, claude, nova, prompts
from worker.simulator.native.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeForm:
    """How a model's own bodies are read and written."""

    #: A body -> the body of the Converse request that says the same; raises `ServiceError`.
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    write: Callable[[Said], dict[str, Any]]


_CHAT = NativeForm(read=chat.read, write=chat.write)
#: Beginning of a model id -> its form; the first that fits counts.
_FORMS = {
    "amazon.nova-": NativeForm(read=nova.read, write=nova.write),
    "anthropic.claude-": NativeForm(read=claude.read, write=claude.write),
    "meta.llama": NativeForm(read=prompts.read_llama, write=prompts.write_llama),
    "mistral.mistral-small-2402": NativeForm(read=prompts.read_mistral, write=prompts.write_mistral),
    "mistral.": _CHAT,
    "openai.": _CHAT,
    "qwen.": _CHAT,
    "deepseek.v3": _CHAT,
    "zai.": _CHAT,
    "moonshotai.": _CHAT,
    "minimax.": _CHAT,
    "google.gemma-": _CHAT,
    "nvidia.": _CHAT,
}


def form_of(model: SimulatedModel) -> NativeForm:
    """Find the form of a model's own bodies.

    Raises:
        ServiceError: the simulator does not know it.
    """
    for beginning, form in _FORMS.items():
        if model.id.startswith(beginning):
            return form
    raise invalid(f"The simulator does not know the body that {model.id} takes by InvokeModel; Converse works.")
