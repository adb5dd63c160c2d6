"""What a record of a batch-inference job asks: `modelInput`, of the Converse type or as the model's own body.

Nothing in it but texts, the limit and the sampling: batch inference takes no tools, no structured output
(Bedrock user guide, batch-inference) and no cache points (prompt-caching); tiers and metadata do not exist there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from templates.errors import UserError
from worker.aws.ask import converse_body, sampling_of, system_text
from worker.aws.capabilities import Capability
from worker.inference_jobs import RecordFormat
from worker.model import Request

#: Writes a `modelInput`.
BodyWriter = Callable[[Request, Capability], dict[str, Any]]

#: Most that `max_gen_len` may be (user guide, model-parameters-meta).
_LLAMA_MOST_TOKENS = 2048
#: Most that `max_tokens` may be for Mistral Small (user guide, model-parameters-mistral-text-completion).
_INSTRUCT_MOST_TOKENS = 8192
#: What a prompt's turns are made of, which a product's text must not end.
_INSTRUCT_TOKEN = re.compile(r"\[/?INST\]|</?s>")


def record_body(
    request: Request, capability: Capability, base: str | None, record_format: RecordFormat
) -> dict[str, Any]:
    """Write the `modelInput` of a request that asks for JSON in its prompt.

    Raises:
        UserError: nobody knows the InvokeModel body of this model.
    """
    return body_writer(base, record_format)(request, capability)


def body_writer(base: str | None, record_format: RecordFormat) -> BodyWriter:
    """Choose how the records of a model are written.

    Raises:
        UserError: nobody knows the InvokeModel body of this model.
    """
    if record_format is RecordFormat.CONVERSE:
        return converse_body
    for beginning, writer in _OF_FAMILY:
        if base and base.startswith(beginning):
            return writer
    raise UserError(
        f"How {base or 'this model'} takes batch records of the InvokeModel type is not known.",
        fix="Use --lane on-demand or --lane flex, or set SKUSCRIBE_BATCH_FORMAT=converse.",
        code="lane",
    )


def _nova(request: Request, capability: Capability) -> dict[str, Any]:
    """Nova's own body (Amazon Nova user guide, complete-request-schema): Converse's with a version."""
    return {"schemaVersion": "messages-v1", **converse_body(request, capability)}


def _claude(request: Request, capability: Capability) -> dict[str, Any]:
    """Anthropic's Messages (user guide, model-parameters-anthropic-claude-messages and batch-inference-data)."""
    body: dict[str, Any] = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": request.max_tokens,
        "messages": [{"role": "user", "content": [{"type": "text", "text": request.user}]}],
    }
    if system := system_text(request):
        body["system"] = system
    return _sampled(body, request, capability)


def _llama_3(request: Request, capability: Capability) -> dict[str, Any]:
    """A prompt with Llama 3's tokens (user guide, model-parameters-meta)."""
    system, user = _plain_llama(system_text(request)), _plain_llama(request.user)
    prompt = (
        f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{system}<|eot_id|>"
        f"<|start_header_id|>user<|end_header_id|>\n\n{user}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    return _llama(prompt, request, capability)


def _llama_4(request: Request, capability: Capability) -> dict[str, Any]:
    """A prompt with Llama 4's tokens (llama.com, model-cards-and-prompt-formats/llama4).

    The user guide lists Llama 4 beside Llama 3 and shows only the tokens of Llama 3, which Llama 4 does not have.
    """
    system, user = _plain_llama(system_text(request)), _plain_llama(request.user)
    prompt = (
        f"<|begin_of_text|><|header_start|>system<|header_end|>\n\n{system}<|eot|>"
        f"<|header_start|>user<|header_end|>\n\n{user}<|eot|>"
        "<|header_start|>assistant<|header_end|>\n\n"
    )
    return _llama(prompt, request, capability)


def _llama(prompt: str, request: Request, capability: Capability) -> dict[str, Any]:
    body = {"prompt": prompt, "max_gen_len": min(request.max_tokens, _LLAMA_MOST_TOKENS)}
    return _sampled(body, request, capability)


def _mistral_instruct(request: Request, capability: Capability) -> dict[str, Any]:
    """A prompt of one turn (user guide, model-parameters-mistral-text-completion); it has no place for a system."""
    text = _INSTRUCT_TOKEN.sub(_broken, f"{system_text(request)}\n\n{request.user}")
    body = {"prompt": f"<s>[INST] {text} [/INST]", "max_tokens": min(request.max_tokens, _INSTRUCT_MOST_TOKENS)}
    return _sampled(body, request, capability)


def _chat(request: Request, capability: Capability) -> dict[str, Any]:
    """OpenAI's chat, as the model cards of the user guide call these models with InvokeModel."""
    return _messages("max_tokens", request, capability)


def _gpt_oss(request: Request, capability: Capability) -> dict[str, Any]:
    """OpenAI's chat (user guide, model-parameters-openai); `model` and `stream` may be left out."""
    return _messages("max_completion_tokens", request, capability)


def _messages(limit: str, request: Request, capability: Capability) -> dict[str, Any]:
    body = {
        "messages": [
            {"role": "system", "content": system_text(request)},
            {"role": "user", "content": request.user},
        ],
        limit: request.max_tokens,
    }
    return _sampled(body, request, capability)


def _sampled(body: dict[str, Any], request: Request, capability: Capability) -> dict[str, Any]:
    temperature, top_p = sampling_of(request, capability)
    if temperature is not None:
        body["temperature"] = temperature
    if top_p is not None:
        body["top_p"] = top_p
    return body


def _plain_llama(text: str) -> str:
    """Take Llama's tokens out of a text, so that it cannot end its own turn."""
    return text.replace("<|", "< |")


def _broken(token: re.Match[str]) -> str:
    return f"{token[0][0]} {token[0][1:]}"


#: Beginning of a base model id -> its own body; the first that fits counts.
_OF_FAMILY: tuple[tuple[str, BodyWriter], ...] = (
    ("amazon.nova-", _nova),
    ("anthropic.claude-", _claude),
    ("meta.llama4-", _llama_4),
    ("meta.llama3-", _llama_3),
    # Text completion: Mistral 7B, Mixtral, Mistral Small, and the Large of 24.02.
    ("mistral.mistral-7b-", _mistral_instruct),
    ("mistral.mixtral-", _mistral_instruct),
    ("mistral.mistral-small-2402-", _mistral_instruct),
    ("mistral.mistral-large-2402-", _mistral_instruct),
    ("mistral.", _chat),
    ("openai.gpt-oss-", _gpt_oss),
    ("qwen.qwen3-", _chat),
    ("deepseek.v3", _chat),
    ("zai.glm-", _chat),
    ("moonshotai.kimi-", _chat),
    ("moonshot.kimi-", _chat),
    ("minimax.minimax-", _chat),
    ("google.gemma-3-", _chat),
    ("nvidia.nemotron-", _chat),
)
