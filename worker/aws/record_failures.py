"""What the `error` of a record of a batch-inference job means.

Bedrock documents `errorCode` and `errorMessage` and no list of either (user guide, batch-inference-results, 2026-10);
whether a record that ended in an error is billed is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from templates.errors import without_passwords
from worker.aws.errors import lost_reply
from worker.model import ErrorKind, ModelError

_DETAIL_CHARS = 200
#: What a text may end with that a full stop comes after.
_ENDS = " .,;:!?…"
_KINDS = {
    400: ErrorKind.REJECTED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NO_MODEL,
    408: ErrorKind.TIMEOUT,
    413: ErrorKind.TOO_LONG,
    422: ErrorKind.REJECTED,
    424: ErrorKind.INTERNAL,
    429: ErrorKind.THROTTLED,
    503: ErrorKind.UNAVAILABLE,
}
_WORDS = {
    "validation": ErrorKind.REJECTED,
    "accessdenied": ErrorKind.FORBIDDEN,
    "resourcenotfound": ErrorKind.NO_MODEL,
    "modeltimeout": ErrorKind.TIMEOUT,
    "throttling": ErrorKind.THROTTLED,
    "serviceunavailable": ErrorKind.UNAVAILABLE,
}
_TOO_LONG = re.compile(r"too long|too many (input )?tokens|context (window|length)|maximum context", re.IGNORECASE)


def record_error(error: Any, *, model: str) -> ModelError:
    """Say what the `error` of a record means; one that has neither a reply nor an error is lost."""
    if not isinstance(error, Mapping):
        return lost_reply(f"A record for {model} came back without a reply and without an error.", request_id="")
    code, said = error.get("errorCode"), " ".join(str(error.get("errorMessage") or "").split())
    kind = _kind(code)
    if kind is ErrorKind.REJECTED and _TOO_LONG.search(said):
        kind = ErrorKind.TOO_LONG
    detail = without_passwords(said)[:_DETAIL_CHARS].rstrip(_ENDS)
    return ModelError(
        f"{model} answered a record with the error {code}{f': {detail}' if detail else ''}.",
        kind=kind,
        maybe_billed=kind is ErrorKind.TIMEOUT,
    )


def _kind(code: Any) -> ErrorKind:
    text = str(code).strip()
    if text.isdecimal():
        return _KINDS.get(int(text), ErrorKind.INTERNAL)
    word = text.rpartition("#")[2].casefold()
    return next((kind for start, kind in _WORDS.items() if word.startswith(start)), ErrorKind.INTERNAL)
