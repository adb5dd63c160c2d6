"""Nova's own body: nearly Converse's.

Source: Amazon Nova user guide, request-response-schema, read 2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.simulator.native.said import Said, check_keys
from worker.simulator.replies import converse_body

_KEYS = ("schemaVersion", "messages", "system", "inferenceConfig", "toolConfig")


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a request."""
    check_keys(body, _KEYS)
    return {name: value for name, value in body.items() if name != "schemaVersion"}


def write(said: Said) -> dict[str, Any]:
    """Write a reply."""
    body = converse_body(said.answer, dict(said.usage), latency_ms=1, tool=("", ""), tier="default")
    del body["metrics"]
    return body
