"""What Bedrock refuses in a Converse request, check by check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.models import SimulatedModel

_MOST_CACHE_POINTS = 4
_ROLES = ("user", "assistant", "system")


def checked_messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Take the messages, each with a role and content, the user first."""
    messages = body.get("messages")
    if messages is None:
        raise invalid(
            "1 validation error detected: Value at 'messages' failed to satisfy constraint: Member must not be null"
        )
    if not isinstance(messages, list) or not messages:
        raise invalid("The value at messages is empty. Add values to messages, and try again.")
    for number, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _ROLES:
            raise invalid(
                f"1 validation error detected: Value at 'messages.{number + 1}.member.role' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{', '.join(_ROLES)}]"
            )
        if not message.get("content"):
            raise invalid(
                f"The content field in the Message object at messages.{number} is empty. "
                "Add a ContentBlock object to the content field and try again."
            )
    if messages[0]["role"] == "assistant":
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    return messages


def checked_max_tokens(model: SimulatedModel, inference: Mapping[str, Any]) -> int | None:
    """Take maxTokens within the model's limit; None when it is not given."""
    asked = inference.get("maxTokens")
    if asked is None:
        return None
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
        raise invalid(
            "1 validation error detected: Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    if asked > model.max_output_tokens:
        most = model.max_output_tokens
        raise invalid(
            f"The maximum tokens you requested exceeds the model limit of {most}. "
            f"Try again with a maximum tokens value that is lower than {most}."
        )
    return asked


def check_sampling(model: SimulatedModel, inference: Mapping[str, Any]) -> None:
    """Refuse sampling parameters out of range, or that the model does not take."""
    given = [name for name in ("temperature", "topP") if inference.get(name) is not None]
    if given and model.sampling == "none":
        raise invalid(f"The model returned the following errors: `{given[0]}` is deprecated for this model.")
    if len(given) > 1 and model.sampling == "one":
        raise invalid(
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this "
            "model. Please use only one."
        )
    for name in ("temperature", "topP"):
        value = inference.get(name)
        if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
            raise invalid(
                f"1 validation error detected: Value at 'inferenceConfig.{name}' failed to satisfy constraint: "
                "Member must have value between 0 and 1"
            )


def check_choice(model: SimulatedModel, choice: Mapping[str, Any]) -> None:
    """Refuse a way to force a tool call that the model does not have."""
    allowed = {"tool": ("auto", "any", "tool"), "any": ("auto", "any")}.get(model.tool_choice, ("auto",))
    for asked in choice:
        if asked not in allowed:
            raise invalid(
                f"This model doesn't support the toolConfig.toolChoice.{asked} field. "
                f"Remove toolConfig.toolChoice.{asked} and try again."
            )


def check_cache_ttls(model: SimulatedModel, ttls: list[str]) -> None:
    """Refuse cache points that the model does not take; `ttls` has one entry for each."""
    if not ttls:
        return
    if not model.cache_min_tokens:
        raise invalid(
            "You invoked an unsupported model or your request did not allow prompt caching. "
            "See the documentation for more information."
        )
    if len(ttls) > _MOST_CACHE_POINTS:
        raise invalid(f"A maximum of {_MOST_CACHE_POINTS} cache points is allowed in a request.")
    for ttl in ttls:
        if ttl not in model.cache_ttls:
            raise invalid(f"This model doesn't support a cache point with ttl {ttl}.")
    if ttls != sorted(ttls):
        raise invalid("Cache points with ttl 1h must come before those with ttl 5m.")


def checked_tier(model: SimulatedModel, asked: Mapping[str, Any] | None) -> str:
    """Take the service tier; `default` when it is not given."""
    tier = (asked or {}).get("type", "default")
    if tier not in model.tiers:
        raise invalid(f"The service tier {tier} is not supported by the model {model.id}.")
    return str(tier)
