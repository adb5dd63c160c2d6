"""Files in a folder: the home folder of one person, or one that several machines have mounted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from templates.errors import UserError
from worker.files.content import copy, disk_error, sync

_PROBE = b"Skuscribe was here."


class FolderFiles:
    """The `Files` of a folder; a shared one has to stand already, since it may be a mount that is missing."""

    def __init__(self, folder: Path, *, shared: bool) -> None:
        self._folder = folder
        self._shared = shared
        # Workers of other users read what lies in a shared folder, as far as the umask lets them.
        self._mode = 0o666 if shared else 0o600

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    def put(self, local: Path, name: str, *, sha256: str = "") -> str:
        """Keep a copy; see `Files.put`."""
        target = self._folder / name
        with self._told(f"{local.name} cannot be kept in {self._folder}"):
            if not (sha256 and target.is_file()):
                self._write(local, target, sha256)
        return str(target.absolute())

    def fetch(self, name: str, *, sha256: str = "") -> Path:  # noqa: ARG002 - a file gets its name here when it is whole
        """Give the path; see `Files.fetch`."""
        path = self._folder / name
        with self._told(f"{path.name} cannot be read from {self._folder}"):
            self._standing()
            found = path.is_file()
        if not found:
            raise FileNotFoundError(path)
        return path

    def probe(self) -> None:
        """Write, read and remove a file; see `Files.probe`."""
        path = self._folder / "doctor" / secrets.token_hex(8)
        with self._told(f"A file cannot be written to {self._folder}"):
            self._standing()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_PROBE)
        with self._told(f"A file cannot be read from {self._folder}"):
            found = path.read_bytes()
            path.unlink()
        if found != _PROBE:
            raise UserError(
                f"A file that was written to {self._folder} came back as another.", fix="Check that disk.", code="disk"
            )

    def _write(self, local: Path, target: Path, sha256: str) -> None:
        self._standing()
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            copy(local, partial, mode=self._mode, sha256=sha256)
            partial.replace(target)
            sync(target.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def _standing(self) -> None:
        if self._shared and not self._folder.is_dir():
            raise UserError(
                f"The shared folder {self._folder} (SKUSCRIBE_FILES) is not there.",
                fix="Mount or make it: each machine that starts or runs jobs needs it under this path.",
                code="files",
            )

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            here = (
                "Check that the shared folder is mounted on this machine and may be written, or set SKUSCRIBE_FILES "
                "to another place."
                if self._shared
                else "Set SKUSCRIBE_HOME to another folder that you can write."
            )
            raise disk_error(what, error, fix=here) from error
