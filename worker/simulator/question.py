from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that is not one to a model, read whole."""

    method: str
    #: As it was sent: what is quoted in it is quoted still.
    path: str
    query: Mapping[str, str]
    body: bytes
    #: Where it was asked.
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is answered to a question."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
