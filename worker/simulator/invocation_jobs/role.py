from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Protocol


class RoleRefusedError(Exception):
    """S3 does not give or take an object: the job fails for it."""


class Role(Protocol):
    """What a job needs of S3: objects, named by their whole URI, in buckets of an owner ("" for anybody).

    All methods raise RoleRefusedError for what does not pass, ServiceError when S3 is out of reach.
    """

    def listed(self, uri: str, owner: str) -> list[tuple[str, int]]:
        """List the objects at a URI or below it: URI and bytes."""

    def lines(self, uri: str, owner: str) -> Iterator[bytes]:
        """Stream the lines of an object, without their ends."""

    def fetch(self, uri: str, owner: str, target: IO[bytes]) -> None:
        """Copy an object into a file."""

    def put(self, uri: str, owner: str, source: IO[bytes], kms_key: str) -> None:
        """Write an object, in parts when it is large."""
