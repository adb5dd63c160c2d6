"""One record of a job: its line of output."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from worker.simulator.answer import write_answer
from worker.simulator.copywriter import Copywriter
from worker.simulator.counters import Counters
from worker.simulator.errors import ServiceError, invalid
from worker.simulator.faults import choose_record_fault, draw
from worker.simulator.invocation_jobs.order import Order
from worker.simulator.native import Said, form_of
from worker.simulator.prompt_cache import CacheUse
from worker.simulator.replies import converse_body, usage_block
from worker.simulator.request import ConverseRequest, input_tokens, read_converse
from worker.simulator.settings import SimulatorSettings

#: What the user guide says that batch inference does not take (batch-inference; prompt-caching).
_NOT_IN_BATCH = ("toolConfig", "outputConfig")
#: Documented is only `400`, `bad request`. Others have seen codes as text.
_ERRORS: tuple[tuple[int | str, str], ...] = (
    (500, "The system encountered an unexpected error during processing."),
    ("503", "The service is temporarily unavailable."),
    (429, "Too many requests."),
    ("400", "bad request"),
)


class RecordWriter:
    """Answers the records of one job."""

    def __init__(
        self,
        order: Order,
        settings: SimulatorSettings,
        *,
        copywriter: Copywriter,
        counters: Counters,
        seen: Counter[bytes],
        created_s: Callable[[], float],
    ) -> None:
        """Take what it needs; `seen` says how often each prompt was in a job, `created_s` is seconds since 1970."""
        self._order = order
        self._settings = settings
        self._copywriter = copywriter
        self._counters = counters
        self._seen = seen
        self._created_s = created_s
        self._form = form_of(order.model) if order.format == "InvokeModel" else None
        self.succeeded = 0
        self.failed = 0
        self.input_tokens = 0
        self.output_tokens = 0

    def line(self, raw: bytes, number: int) -> bytes:
        """Write the line of a record, b"" for one that goes missing; `number` is its place in its file."""
        record = json.loads(raw)
        given = record.get("modelInput")
        line = {"recordId": record.get("recordId") or f"CALL{number:07}", "modelInput": given}
        try:
            request = self._request(given)
            nth = self._seen[request.digest]
            self._seen[request.digest] = nth + 1
            settings = self._settings
            if draw(settings.seed, request.digest, nth, "missing") < settings.batch_missing_rate:
                return b""
            if draw(settings.seed, request.digest, nth, "record error") < settings.batch_error_rate:
                chosen = draw(settings.seed, request.digest, nth, "record error code")
                line["error"] = self._error(*_ERRORS[int(chosen * len(_ERRORS))])
            else:
                line["modelOutput"] = self._output(request, nth)
        except ServiceError as error:
            line["error"] = self._error(error.status, error.message)
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def _request(self, given: Any) -> ConverseRequest:
        if not isinstance(given, dict):
            raise invalid("The record has no modelInput.")
        body: Mapping[str, Any] = self._form.read(given) if self._form else given
        for name in _NOT_IN_BATCH:
            if body.get(name):
                raise invalid(f"Batch inference doesn't support {name}. Remove it and try again.")
        try:
            request = read_converse(self._order.model, body)
        except (AttributeError, TypeError, KeyError) as error:
            raise invalid("The modelInput of the record is malformed.") from error
        if request.cache_points:
            raise invalid("Batch inference doesn't support prompt caching. Remove the cache points and try again.")
        return request

    def _output(self, request: ConverseRequest, nth: int) -> dict[str, Any]:
        model, settings = self._order.model, self._settings
        asked_tokens = input_tokens(model, request)
        answer = write_answer(
            self._copywriter,
            model,
            request,
            fault=choose_record_fault(settings, request.digest, nth),
            seed=settings.seed,
            fence_rate=settings.fence_rate,
            max_tokens=request.max_tokens or model.max_output_tokens,
        )
        usage = usage_block(asked_tokens, answer, CacheUse(), caching=False)
        self.succeeded += 1
        self.input_tokens += usage["inputTokens"]
        self.output_tokens += usage["outputTokens"]
        self._counters.record_done(model.id, usage, request, complete=answer.complete)
        if self._form is None:
            return converse_body(answer, usage, latency_ms=1, tool=("", ""), tier="default")
        return self._form.write(
            Said(
                model_id=model.id,
                answer=answer,
                usage=usage,
                created_s=int(self._created_s()),
                reply_id=request.digest.hex(),
            )
        )

    def _error(self, code: int | str, message: str) -> dict[str, Any]:
        self.failed += 1
        self._counters.record_failed()
        return {"errorCode": code, "errorMessage": message}
