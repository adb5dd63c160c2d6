"""A workbook that is protected by a password: opened by it into a temporary file, and read as what it is."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from jobs.intake.encryption import decrypt
from jobs.sheet import ReadOptions, Row, Sheet, SheetInfo


class EncryptedSheet:
    """What is decrypted is removed with this object, or when the process ends; only its owner may read it."""

    def __init__(self, path: Path, options: ReadOptions, *, open_plain: Callable[[Path, ReadOptions], Sheet]) -> None:
        self._path = path
        folder = Path(tempfile.mkdtemp(prefix="skuscribe-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        plain = folder / path.name
        with plain.open("wb") as out:
            decrypt(path, options.password, out)
        self._sheet = open_plain(plain, options)

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return replace(self._sheet.info, path=self._path, is_encrypted=True)

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""
        yield from self._sheet.rows()
