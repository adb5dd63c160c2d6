"""The bytes of a file: copied to the disk itself, and named by their sha256."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

from templates.errors import UserError

_PIECE_BYTES = 1 << 20
#: What a full disk or quota says; anything else is a matter of permissions or of the network.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def digest_of(path: Path) -> str:
    """Give the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path, *, mode: int, sha256: str = "") -> None:
    """Copy a file to a new one that is on the disk when this returns; `mode` is cut by the umask.

    Raises:
        UserError: the content has not the sha256 that it was told to have.
    """
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with source.open("rb") as file, os.fdopen(descriptor, "wb") as copy:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    if sha256 and digest.hexdigest() != sha256:
        raise changed(source.name)


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's names, to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # A folder on some network file systems takes no fsync; their servers write names down by themselves.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def changed(name: str) -> UserError:
    """The error of a file that was written to while it was being kept."""
    return UserError(
        f"{name} was changed while it was being read.",
        fix="Save it, wait until whatever writes it is done, and start again.",
        code="source",
    )


def disk_error(what: str, error: OSError, *, fix: str) -> UserError:
    """The error of a disk or a share that refuses; `what` ends before the reason."""
    cure = "Free some space there, or choose another place." if error.errno in _FULL else fix
    return UserError(f"{what}: {error.strerror or error}.", fix=cure, code="disk")
