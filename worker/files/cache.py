"""Copies of far files on this machine."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from worker.files.content import digest_of, sync

#: Of an entry that is being written or removed; entries themselves begin with a letter or a digit.
_PASSING = "."
#: A job opens a file soon after it was given to it: what was used so lately is not removed, however full it is.
_SPARED_S = 3600.0
#: Nobody writes on an entry for so long: what is older was left by a killed process.
_LONGEST_PASSING_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Cached:
    """A file in the cache and the sha256 of its content."""

    path: Path
    sha256: str


class FileCache:
    """Files by their content and name; beyond its size the longest unused go. Several processes may share it.

    An entry is a folder with one file in it, which gets its name when it is whole and loses it before it is removed.
    """

    def __init__(self, folder: Path, *, most_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._clock = clock

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    def get(self, sha256: str, name: str) -> Path | None:
        """Give a file that was added and is still there."""
        path = self._entry(sha256, name) / name
        try:
            self._use(path.parent)
        except FileNotFoundError:
            return None
        return path if path.is_file() else None

    def add(self, name: str, write: Callable[[Path], object]) -> Cached:
        """Take in what `write` puts at the path that it is given."""
        self._folder.mkdir(parents=True, exist_ok=True)
        passing = Path(tempfile.mkdtemp(prefix=f"{_PASSING}new-", dir=self._folder))
        try:
            write(passing / name)
            sync(passing / name)
            digest = digest_of(passing / name)
            entry = self._entry(digest, name)
            self._use(passing)
            self._publish(passing, entry)
        finally:
            shutil.rmtree(passing, ignore_errors=True)
        self._trim()
        return Cached(entry / name, digest)

    def _entry(self, sha256: str, name: str) -> Path:
        return self._folder / hashlib.sha256(f"{sha256}/{name}".encode()).hexdigest()[:32]

    def _use(self, entry: Path) -> None:
        now = self._clock()
        os.utime(entry, (now, now))

    def _publish(self, passing: Path, entry: Path) -> None:
        while True:
            try:
                passing.rename(entry)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return
            # Another process was first with the same content; unless a third has just removed it, that one does.
            with suppress(FileNotFoundError):
                self._use(entry)
                return

    def _trim(self) -> None:
        """Remove the longest unused until the rest fits, and what a killed process left half done."""
        sizes: dict[Path, int] = {}
        used_at: dict[Path, float] = {}
        for entry in self._folder.iterdir():
            try:
                used_at[entry] = entry.stat().st_mtime
                sizes[entry] = sum(file.stat().st_size for file in entry.iterdir())
            except OSError:
                used_at.pop(entry, None)  # another process has just removed it
        now = self._clock()
        too_much = sum(sizes.values()) - self._most_bytes
        for entry in sorted(used_at, key=used_at.__getitem__):
            unused_s = now - used_at[entry]
            is_left = entry.name.startswith(_PASSING) and unused_s > _LONGEST_PASSING_S
            is_spare = not entry.name.startswith(_PASSING) and unused_s > _SPARED_S and too_much > 0
            if is_left or is_spare:
                too_much -= sizes[entry]
                self._remove(entry)

    def _remove(self, entry: Path) -> None:
        gone = self._folder / f"{_PASSING}old-{entry.name.lstrip(_PASSING)}"
        try:
            entry.rename(gone)
        except OSError:
            return  # another process removes it
        shutil.rmtree(gone, ignore_errors=True)
