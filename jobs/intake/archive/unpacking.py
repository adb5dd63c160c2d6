"""The one table of a .zip or .gz, unpacked into a folder within limits."""

from __future__ import annotations

import errno
import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from jobs.intake.archive.entries import ZIP_MARKS, choose_entry, find_entry, is_archive, shown_name
from jobs.intake.refusals import told
from jobs.intake.zip_file import MALFORMED, MOST_UNPACKED_BYTES, ZIP_DAMAGE
from templates.errors import UserError

GZIP_MARK = b"\x1f\x8b"

#: A table shrinks to a tenth, an empty one to a hundredth; a bomb to a thousandth.
_MOST_RATIO = 1_000
_RATIO_FROM_BYTES = 100_000_000
_CHUNK_BYTES = 1 << 20
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff]')
_LONGEST_NAME = 100
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_packed(path: Path, start: bytes) -> bool:
    """Whether a file that starts so is an archive, and not a workbook, which is a zip as well."""
    return start.startswith(GZIP_MARK) or (start.startswith(ZIP_MARKS) and is_archive(path))


def unpack(path: Path, folder: Path, member: str = "") -> tuple[str, Path]:
    """Unpack the table of an archive, the one of a name or the only one; give its name there, and the file.

    Raises:
        UserError: the archive is damaged, a bomb, encrypted, or has no table or several.
    """
    with _told_to_the_user(path):
        with path.open("rb") as file:
            start = file.read(len(GZIP_MARK))
        if start == GZIP_MARK:
            name = member or _without_gz(path.name)
            with gzip.open(path) as packed:
                return name, _copied(path, packed.read, folder / _safe(name), path.stat().st_size)
        with ZipFile(path) as package:
            entry = find_entry(path, package, member) if member else choose_entry(path, package)
            name = shown_name(entry)
            _refuse_bombs(path, entry.file_size, entry.compress_size)
            with package.open(entry) as packed:
                return name, _copied(path, packed.read, folder / _safe(name), entry.compress_size)


def _copied(path: Path, read: Callable[[int], bytes], target: Path, packed_bytes: int) -> Path:
    size = 0
    with target.open("wb") as out:
        while chunk := read(_CHUNK_BYTES):
            size += len(chunk)
            _refuse_bombs(path, size, packed_bytes)
            out.write(chunk)
    return target


def _refuse_bombs(path: Path, size: int, packed_bytes: int) -> None:
    if size > MOST_UNPACKED_BYTES or (size > _RATIO_FROM_BYTES and size > packed_bytes * _MOST_RATIO):
        raise UserError(
            f"{path.name} unpacks to more than {size // 1_000_000:,} MB out of {packed_bytes:,} bytes.",
            fix="Give the table itself, or split it into several files.",
            code="source",
        )


def _safe(name: str) -> str:
    """Make a file name of an entry's name; it is for messages, and for readers that look at the extension."""
    leaf = PurePosixPath(name.replace("\\", "/")).name
    path = PurePosixPath(_NOT_IN_NAMES.sub("_", leaf) or "table")
    return path.stem[:_LONGEST_NAME].lstrip(".") + path.suffix[:_LONGEST_NAME] or "table"


def _without_gz(name: str) -> str:
    return name[: -len(".gz")] if name.casefold().endswith(".gz") and len(name) > len(".gz") else name


@contextmanager
def _told_to_the_user(path: Path) -> Iterator[None]:
    try:
        yield
    except (*ZIP_DAMAGE, *MALFORMED, RuntimeError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.errno in _FULL:
            raise UserError(
                f"There is no room to unpack {path.name}: the disk is full.",
                fix="Free some space, or set TMPDIR to a folder of another disk.",
                code="disk",
            ) from error
        if not error.errno:
            raise _damaged(path, error) from error
        raise UserError(
            f"{path} cannot be unpacked: {os.strerror(error.errno)}.", fix="Check the disk or the share.", code="source"
        ) from error


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(
        f"{path.name} is damaged: it cannot be unpacked ({told(error)}).",
        fix="Fetch it again, or unpack it with another program and give the table.",
        code="source",
    )
