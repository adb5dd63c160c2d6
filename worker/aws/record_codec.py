"""The records of one model's batch-inference jobs: how they are written, and how what comes back is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from worker.aws.capabilities import Capability, capability_of
from worker.aws.record_bodies import BodyWriter, body_writer
from worker.aws.record_failures import record_error
from worker.aws.record_replies import record_reply
from worker.inference_jobs import RecordFormat
from worker.model import ModelError, Reply, Request

#: Words of the setting and of the capability table.
_FORMATS = {
    "converse": RecordFormat.CONVERSE,
    "invoke": RecordFormat.INVOKE_MODEL,
    "invoke-model": RecordFormat.INVOKE_MODEL,
}
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: Stands for the product in a body whose other texts are encoded once.
_PRODUCT = "\ue000product\ue000"


def record_format(base: str | None, told: str) -> RecordFormat:
    """Choose how the records of a model are written; `told` is the setting: `auto` goes by the capability table."""
    return _FORMATS[capability_of(base).batch_format if told == "auto" else told]


@dataclass(frozen=True)
class RecordCodec:
    """Writes and reads the records of one model, 100,000 of them in a row."""

    #: Base model; None when it is not known.
    base: str | None
    format: RecordFormat
    #: What is the same in many records -> what stands before and after the product, and what its keys must outlive.
    _frames: dict[tuple[Any, ...], tuple[bytes, bytes, Any]] = field(default_factory=dict, repr=False, compare=False)

    def line(self, record_id: str, request: Request) -> bytes:
        """Write the record of a request, with the end of its line.

        Raises:
            UserError: nobody knows the InvokeModel body of this model.
        """
        before, after = self._frame(request)
        if not after:
            return f"{_dump({'recordId': record_id, 'modelInput': self.body(request)})}\n".encode()
        return b'{"recordId":%b,"modelInput":%b%b%b}\n' % (
            _dump(record_id).encode(),
            before,
            _dump(request.user).encode(),
            after,
        )

    def body(self, request: Request) -> dict[str, Any]:
        """Write the `modelInput` of a request that asks for JSON in its prompt.

        Raises:
            UserError: nobody knows the InvokeModel body of this model.
        """
        return self._writer(request, self._capability)

    def reply(self, output: Mapping[str, Any]) -> Reply:
        """Read a `modelOutput`, of whatever format: a job that was sent before the setting changed is read as well.

        Raises:
            ModelError: it is not the reply of a model.
        """
        return record_reply(output)

    def error(self, error: Any) -> ModelError:
        """Say what the `error` of a record means; also what it means when there is none."""
        return record_error(error, model=self.base or "the model")

    def _frame(self, request: Request) -> tuple[bytes, bytes]:
        """Give what stands around the product's text, nothing where that does not stand in the body by itself."""
        schema, parameters = request.schema, request.parameters
        key = (request.system, id(schema), id(parameters), request.max_tokens, request.mode)
        if key not in self._frames:
            body = _dump(self.body(replace(request, user=_PRODUCT))).encode()
            found = body.split(_dump(_PRODUCT).encode())
            before, after = found if len(found) == 2 else (b"", b"")  # noqa: PLR2004 - it stands there once
            self._frames[key] = before, after, (schema, parameters)
        return self._frames[key][:2]

    @cached_property
    def _capability(self) -> Capability:
        return capability_of(self.base)

    @cached_property
    def _writer(self) -> BodyWriter:
        return body_writer(self.base, self.format)
