"""Workbooks that are protected by a password, opened and closed by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.intake.refusals import encrypted, told
from templates.errors import UserError

#: With it spreadsheet programs encrypt workbooks that open without asking. Source: [MS-OFFCRYPTO] 2.4.2.3.
_OPEN_TO_ALL = "VelvetSweatshop"


def decrypt(path: Path, password: str | None, out: IO[bytes]) -> None:
    """Write an encrypted workbook's content.

    Raises:
        UserError: no password was told, it is wrong (code "encrypted"), or the file is damaged.
    """
    import msoffcrypto  # noqa: PLC0415 - its cryptography is slow to import, and few workbooks are encrypted

    with _told_to_the_user(path, password), path.open("rb") as file:
        office = msoffcrypto.OfficeFile(file)
        # The library's own check of a password refuses what Excel 2010 wrote; a wrong one shows in what it decrypts.
        office.load_key(password=password or _OPEN_TO_ALL)
        office.decrypt(out)


def encrypt(plain: IO[bytes], password: str | None, out: IO[bytes]) -> None:
    """Write an .xlsx workbook protected by a password, as current spreadsheet programs do (agile, AES-256)."""
    from msoffcrypto.format.ooxml import OOXMLFile  # noqa: PLC0415 - as above

    OOXMLFile(plain).encrypt(password or _OPEN_TO_ALL, out)


@contextmanager
def _told_to_the_user(path: Path, password: str | None) -> Iterator[None]:
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError  # noqa: PLC0415 - as above

    try:
        yield
    except (InvalidKeyError, DecryptionError) as error:
        why = "and the password given does not open it" if password else "(protected by a password)"
        raise encrypted(path.name, why) from error
    # The library fails in many ways on a file that is cut or made up.
    except Exception as error:
        raise UserError(
            f"{path.name} is damaged: it looks like an encrypted workbook and cannot be opened ({told(error)}).",
            fix="Open it in a spreadsheet program and save a copy without a password, or give an earlier copy.",
            code="source",
        ) from error
