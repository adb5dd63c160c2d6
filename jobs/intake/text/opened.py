"""A delimited file as text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from jobs.intake.text.encoding import Encoding

#: Opens a text from its start.
OpenText = Callable[[], AbstractContextManager[IO[str]]]


def opened_text(path: Path, encoding: Encoding) -> TextIOWrapper:
    """Open the text with its line ends as they are, without a byte order mark."""
    text = TextIOWrapper(path.open("rb"), encoding=encoding.name, errors=encoding.errors, newline="")
    if encoding.name == "utf-8" or text.read(1) != "\ufeff":
        text.seek(0)
    return text
