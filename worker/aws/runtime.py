from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from worker.aws.answer import reply_of, streamed_reply
from worker.aws.ask import converse_arguments
from worker.aws.capabilities import Capability, capability_of
from worker.aws.errors import model_error, request_id_of
from worker.aws.models import parse_model
from worker.model import ModelError, Reply, Request


class BedrockModel:
    """Bedrock's Converse API through one boto3 client that all threads share; it never retries."""

    def __init__(
        self,
        client: Any,
        *,
        base: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        #: Base model of an application inference profile, whose id does not tell it.
        self._base = base
        self._clock = clock
        self._capabilities: dict[str, Capability] = {}

    def converse(self, request: Request) -> Reply:
        """Send one request and wait for its reply.

        Raises:
            ModelError: it gave no usable reply.
        """
        arguments = converse_arguments(request, self._capability(request.model))
        started = self._clock()
        try:
            response = self._client.converse(**arguments)
            return reply_of(response, elapsed_ms=self._since(started))
        except ModelError:
            raise
        except Exception as exc:
            raise model_error(exc, model=request.model, region=self._region) from exc

    def stream(self, request: Request, show: Callable[[str], None]) -> Reply:
        """Send one request and hand its text to `show` as it comes.

        Raises:
            ModelError: it gave no usable reply, also after some text was shown.
        """
        arguments = converse_arguments(request, self._capability(request.model))
        started = self._clock()
        shown = False

        def shower(part: str) -> None:
            nonlocal shown
            shown = True
            show(part)

        try:
            response = self._client.converse_stream(**arguments)
            events = response.get("stream") or ()
            return streamed_reply(
                events, shower, request_id=request_id_of(response), elapsed_ms=lambda: self._since(started)
            )
        except ModelError:
            raise
        except Exception as exc:
            raise model_error(exc, model=request.model, region=self._region, begun=shown) from exc

    @property
    def _region(self) -> str:
        return str(self._client.meta.region_name or "")

    def _capability(self, model: str) -> Capability:
        capability = self._capabilities.get(model)
        if capability is None:
            capability = capability_of(parse_model(model).base or self._base)
            self._capabilities[model] = capability
        return capability

    def _since(self, started: float) -> int:
        return round((self._clock() - started) * 1000)
