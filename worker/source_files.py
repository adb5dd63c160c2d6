"""The files that jobs read, kept by their content so that a job can be resumed whatever became of the original."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.sheet import IsolatedSheet
from jobs.sheet import ReadOptions, Sheet
from jobs.spec import JobSpec
from outputs.isolation.writing import IsolatedWriting
from templates.errors import UserError


class SourceFiles:
    """Copies of the sources in a folder, each under the sha256 of its bytes; opened within limits, by a password."""

    def __init__(self, folder: Path, *, limits: ReadLimits, password: str = "") -> None:
        self._folder = folder
        self._limits = limits
        #: Of encrypted workbooks; it is never kept.
        self.password = password

    def open(self, path: Path, spec: JobSpec) -> Sheet:
        """Open a source as a job's spec says, in a process of its own.

        Raises:
            UserError: what is wrong with it.
        """
        options = ReadOptions(
            sheet=spec.sheet or None,
            header_row=spec.header_row,
            encoding=spec.source_encoding or None,
            password=self.password or None,
        )
        return IsolatedSheet(path, options, limits=self._limits)

    @property
    def write(self) -> IsolatedWriting:
        """Write sources again, within the limits that they were read in."""
        return IsolatedWriting(self._limits)

    def keep(self, source: Path) -> str:
        """Keep a copy of a file and give its digest.

        Raises:
            UserError: it cannot be kept.
        """
        try:
            digest = _digest(source)
            target = self._path(digest, source.name)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                handle, partial = tempfile.mkstemp(dir=target.parent)
                os.close(handle)
                try:
                    shutil.copyfile(source, partial)
                    Path(partial).replace(target)
                except BaseException:
                    Path(partial).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise UserError(
                f"{source.name} cannot be kept in {self._folder}: {error.strerror}.",
                fix="Free some space there, or set SKUSCRIBE_HOME to another folder.",
                code="disk",
            ) from error
        return digest

    def find(self, digest: str, name: str) -> Path:
        """Give the kept copy, under the original's file name.

        Raises:
            UserError: it is gone.
        """
        path = self._path(digest, name)
        if not path.exists():
            raise UserError(
                f"The kept copy of {name} is gone from {self._folder}.",
                fix="Start a new job with `skuscribe run`; copy that was bought is reused.",
                code="source",
            )
        return path

    def _path(self, digest: str, name: str) -> Path:
        return self._folder / digest[:20] / name


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
