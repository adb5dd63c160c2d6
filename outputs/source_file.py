"""The user's file, opened once more to be copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.intake.ooxml.damage import Damaged
from jobs.intake.refusals import told
from jobs.intake.zip_file import ZIP_DAMAGE
from templates.errors import UserError


@contextmanager
def opened_source(source: Path) -> Iterator[IO[bytes]]:
    """Open the source to read, and tell the user when it is gone or damaged.

    Raises:
        UserError: code "source".
    """
    try:
        file = source.open("rb")
    except OSError as problem:
        why = os.strerror(problem.errno) if problem.errno else str(problem)
        raise UserError(
            f"{source} cannot be read any more: {why}.",
            fix="Put the file back where it was, then run `skuscribe resume`: what was written is kept.",
            code="source",
        ) from problem
    with file:
        try:
            yield file
        except (Damaged, *ZIP_DAMAGE) as problem:
            raise UserError(
                f"{source.name} is damaged: {told(problem)}.",
                fix="Open it in your spreadsheet program and save it again.",
                code="source",
            ) from problem


def missing_row(row: int) -> UserError:
    """Say that an item's row is not in the file."""
    return UserError(
        f"Row {row} is not in the file any more: it was changed while the job ran.",
        fix="Put the file back as it was, then run `skuscribe resume`: what was written is kept.",
        code="source",
    )
