"""A file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from templates.errors import UserError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def whole_file(target: Path) -> Iterator[IO[bytes]]:
    """Give a temporary file of the target's folder that takes the target's place when the block ends well.

    Raises:
        UserError: the disk is full (code "disk") or the folder cannot be written (code "out").
    """
    with _told_to_the_user(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}-", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(_usual_mode())
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


@contextmanager
def _told_to_the_user(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in _FULL:
            raise UserError(
                f"{target}: the disk is full.", fix="Free some space, then run `skuscribe resume`.", code="disk"
            ) from problem
        why = os.strerror(problem.errno) if problem.errno else str(problem)
        raise UserError(
            f"{target} cannot be written: {why}.", fix="Give --out a folder that you may write to.", code="out"
        ) from problem


def _usual_mode() -> int:
    """Give the mode of a new file of this process: mkstemp's own is for its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
