"""The copy in a workbook that is protected by a password: it comes back protected by the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jobs.intake.encryption import decrypt, encrypt
from jobs.sheet import SheetInfo
from outputs.notes import WriteNotes
from outputs.source_file import opened_source
from outputs.targets import returned_name
from outputs.whole_file import whole_file


def write_encrypted(
    info: SheetInfo, target: Path, password: str, write: Callable[[SheetInfo, Path], WriteNotes]
) -> WriteNotes:
    """Write a workbook again with its content rewritten by `write`, which gets the open file and where it is to go.

    Raises:
        UserError: the source is gone or damaged, its password is wrong, or the target cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="skuscribe-") as folder:
        plain, made = Path(folder) / info.path.name, Path(folder) / "made" / returned_name(info)
        with opened_source(info.path), plain.open("wb") as out:
            decrypt(info.path, password or None, out)
        notes = write(replace(info, path=plain, is_encrypted=False), made)
        with made.open("rb") as file, whole_file(target) as locked:
            encrypt(file, password or None, locked)
    return notes
