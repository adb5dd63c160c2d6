"""What jobs need of the place where their files are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """A place for files that every process of the installation reaches, each under a name with slashes in it."""

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        ...

    def put(self, local: Path, name: str, *, sha256: str = "") -> str:
        """Keep a file under a name; nobody ever finds a part of it there.

        Args:
            local: The file.
            name: What it is found by; what stood there before is replaced.
            sha256: What the content must be. A file that has a name made of it stays as it is.

        Returns: its absolute path or its URL.

        Raises:
            UserError: it cannot be kept, or its content is another.
            AccessError: the place is out of reach, or does not let us in.
        """
        ...

    def fetch(self, name: str, *, sha256: str = "") -> Path:
        """Give a kept file as one of this machine, under the last part of its name; it is read soon, and not changed.

        Raises:
            FileNotFoundError: nothing is kept under the name.
            UserError: it cannot be brought here, or its content is not what was kept.
            AccessError: as above.
        """
        ...

    def probe(self) -> None:
        """Write a small file, read it back and remove it.

        Raises:
            UserError: one of them fails.
            AccessError: as above.
        """
        ...
