"""What the engine needs from a model: a request out, a reply or an error back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from jobs.usage import TokenUsage
from templates.errors import SkuscribeError


class OutputMode(StrEnum):
    """How JSON is asked for."""

    #: `outputConfig.textFormat` with a JSON schema.
    STRUCTURED = "structured"
    #: One forced tool whose input is the answer.
    TOOL = "tool"
    #: Asked for in the prompt, with the schema in it.
    PROMPT = "prompt"


class ErrorKind(StrEnum):
    """Class of a failed request; the retry table decides by it."""

    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    #: The connection broke, or what came back was not a Converse reply.
    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    NOT_READY = "not_ready"
    REJECTED = "rejected"
    TOO_LONG = "too_long"
    FORBIDDEN = "forbidden"
    #: No such model, past its end of life, or not in this Region.
    NO_MODEL = "no_model"
    #: No or wrong credentials.
    CREDENTIALS = "credentials"
    #: The account's quota for this model is used up for the day, or similar: no use to go on.
    QUOTA = "quota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a model."""

    #: Model id, inference profile id or ARN.
    model: str
    system: str
    user: str
    #: JSON schema of the answer (see `templates.schema`).
    schema: Mapping[str, Any]
    mode: OutputMode
    max_tokens: int
    #: temperature, top_p.
    parameters: Mapping[str, float] = field(default_factory=dict)
    #: `default` or `flex`.
    tier: str = "default"
    #: Put a cache point after the system prompt.
    cache_system: bool = False
    #: At most 16 pairs for the invocation log.
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete Converse reply."""

    #: All text blocks joined.
    text: str
    #: Input of the first tool call, when the model made one.
    tool_input: Mapping[str, Any] | None
    stop_reason: str
    usage: TokenUsage
    #: Bedrock's usage block as it came.
    raw_usage: Mapping[str, Any]
    #: Service tier that Bedrock says it used, "default" when it says nothing.
    tier: str
    request_id: str
    latency_ms: int


class ModelError(SkuscribeError):
    """A request that gave no usable reply."""

    def __init__(
        self, message: str, *, kind: ErrorKind, fix: str = "", request_id: str = "", maybe_billed: bool = False
    ) -> None:
        super().__init__(message, fix=fix, code=kind.value)
        self.kind = kind
        self.request_id = request_id
        #: AWS may have charged for it: the reply was lost, not refused.
        self.maybe_billed = maybe_billed


class ModelClient(Protocol):
    """A model behind an API; implementations never retry."""

    def converse(self, request: Request) -> Reply:
        """Send one request and wait for its reply.

        Raises:
            ModelError: it gave no usable reply.
        """

    def stream(self, request: Request, show: Callable[[str], None]) -> Reply:
        """Send one request and hand its text to `show` as it comes.

        Raises:
            ModelError: it gave no usable reply, also after some text was shown.
        """
