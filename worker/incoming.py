"""A source as a person names it, brought to this machine: a path, an object in S3, or standard input."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO

from templates.errors import UserError

STANDARD_INPUT = "-"
_S3 = "s3://"
#: What standard input is called where a file name is needed.
_NAMELESS = "stdin"


class Incoming:
    """Brings sources here; its copies are gone when it is."""

    def __init__(self, folder: Path, *, fetch: Callable[[str, Path], None], stdin: Callable[[], IO[bytes]]) -> None:
        self._folder = folder
        self._fetch = fetch
        self._stdin = stdin

    def bring(self, told: str) -> Path:
        """Give the file that a person means.

        Raises:
            UserError: nothing is there; a file that does not exist is found out when it is opened.
            AccessError: S3 does not let us have it.
        """
        if told == STANDARD_INPUT:
            return self._from_stdin()
        if told.casefold().startswith(_S3):
            path = self._place(told.rpartition("/")[2] or "source")
            self._fetch(_S3 + told[len(_S3) :], path)
            return path
        return Path(told)

    def _from_stdin(self) -> Path:
        stream = self._stdin()
        if stream.isatty():
            raise UserError(
                "Standard input is the keyboard, so there is no file to read.",
                fix="Send a file in, as in `skuscribe run - --template NAME < products.csv`, or give its path.",
                code="source",
            )
        path = self._place(_NAMELESS)
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        return path

    def _place(self, name: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder / name
