"""A table in a .zip or .gz: unpacked to a temporary file, and read as what it is."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from jobs.intake.archive.unpacking import unpack
from jobs.sheet import AS_FOUND, ReadOptions, Row, Sheet, SheetInfo


class ZippedSheet:
    """The only table of an archive; what was unpacked is removed with this object, or when the process ends."""

    def __init__(
        self, path: Path, options: ReadOptions = AS_FOUND, *, open_member: Callable[[Path, ReadOptions], Sheet]
    ) -> None:
        self._path = path
        folder = Path(tempfile.mkdtemp(prefix="skuscribe-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._member, unpacked = unpack(path, folder)
        self._sheet = open_member(unpacked, options)

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return replace(self._sheet.info, path=self._path, member=self._member)

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""
        yield from self._sheet.rows()
