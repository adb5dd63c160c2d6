"""The files of batch jobs in a folder: for both sides of part (g) S3 would be the network's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_SCHEME = "s3://bench/"


class FolderRecords:
    """`RecordFiles` below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, uri: str) -> Path:
        """Give where an object lies."""
        return self._folder / uri.removeprefix(_SCHEME)

    def write(self, uri: str, parts: Iterable[bytes]) -> int:
        """Write a file as it comes."""
        path = self.path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            return sum(file.write(part) for part in parts)

    def lines(self, uri: str) -> Iterator[bytes]:
        """Stream the lines of a file."""
        with self.path(uri).open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")

    def listed(self, prefix: str) -> Sequence[str]:
        """List the files below a folder."""
        folder = self.path(prefix)
        return [f"{_SCHEME}{path.relative_to(self._folder)}" for path in sorted(folder.rglob("*")) if path.is_file()]

    def remove(self, uris: Sequence[str]) -> int:
        """Remove files."""
        for uri in uris:
            self.path(uri).unlink()
        return len(uris)
