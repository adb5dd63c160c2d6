"""Files in S3, with copies of them on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from templates.errors import UserError
from worker.aws.objects import Bucket
from worker.files.cache import Cached, FileCache
from worker.files.content import changed, disk_error


class BucketFiles:
    """The `Files` of a bucket; the sha256 of each is noted with it, and checked when it comes back."""

    def __init__(self, bucket: Bucket, cache: FileCache) -> None:
        self._bucket = bucket
        self._cache = cache

    @property
    def place(self) -> str:
        """The URL of the bucket and prefix."""
        return self._bucket.url

    def put(self, local: Path, name: str, *, sha256: str = "") -> str:
        """Upload it unless it is there already; see `Files.put`."""
        # What is uploaded is the copy, which nobody changes meanwhile; and who asks here finds it here.
        kept = self._cached(name, lambda target: shutil.copyfile(local, target))
        if sha256 and kept.sha256 != sha256:
            raise changed(local.name)
        if self._bucket.digest(name) != kept.sha256:
            self._bucket.upload(kept.path, name, sha256=kept.sha256)
        return self._bucket.address(name)

    def fetch(self, name: str, *, sha256: str = "") -> Path:
        """Download it unless it is here already; see `Files.fetch`."""
        wanted = sha256 or self._bucket.digest(name)
        if wanted is None:
            raise FileNotFoundError(self._bucket.address(name))
        found = self._cache.get(wanted, PurePosixPath(name).name) if wanted else None
        if found is not None:
            return found
        kept = self._cached(name, lambda target: self._bucket.download(name, target))
        if wanted and kept.sha256 != wanted:
            raise UserError(
                f"{self._bucket.address(name)} is not what was kept there: its content has changed.",
                fix="Somebody wrote over it: bring the former version back, or start a new job with `skuscribe run`.",
                code="source",
            )
        return kept.path

    def probe(self) -> None:
        """Write, read and remove an object; see `Files.probe`."""
        self._bucket.probe()

    def _cached(self, name: str, write: Callable[[Path], object]) -> Cached:
        last = PurePosixPath(name).name
        try:
            return self._cache.add(last, write)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise disk_error(
                f"{last} cannot be copied to {self._cache.folder}",
                error,
                fix="Set SKUSCRIBE_HOME to a folder that you can write.",
            ) from error
