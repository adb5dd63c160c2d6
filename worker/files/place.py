"""The place that SKUSCRIBE_FILES names."""

from __future__ import annotations

from pathlib import Path

from jobs.files import Files
from templates.errors import UserError, without_passwords
from worker.aws.objects import SCHEME, Bucket
from worker.files.bucket import BucketFiles
from worker.files.cache import FileCache
from worker.files.folder import FolderFiles

#: Copies of files from S3 on one machine; what is in use may exceed it for an hour.
_CACHE_BYTES = 4 << 30


def files_at(place: str, home: Path) -> Files:
    """Give the files of a place: a folder, `s3://bucket/prefix`, or "" for the home folder; nothing is asked yet.

    Raises:
        UserError: it is no such place.
    """
    if not place:
        return FolderFiles(home, shared=False)
    if place.casefold().startswith(SCHEME):
        return BucketFiles(Bucket(place), FileCache(home / "cache", most_bytes=_CACHE_BYTES))
    folder = Path(place).expanduser()
    if "://" in place or not folder.is_absolute():
        raise UserError(
            f'SKUSCRIBE_FILES is "{without_passwords(place)}", which is no place that every machine can find.',
            fix="Set it to a folder with its whole path, such as /mnt/skuscribe, or to s3://BUCKET/PREFIX.",
            code="setting",
        )
    return FolderFiles(folder, shared=True)
