"""What zip files have in common, whatever lies in them: workbooks of two families, archives of tables."""

from __future__ import annotations

import lzma
import zlib
from pathlib import Path
from struct import error as StructError  # noqa: N812 - its own name tells nothing
from zipfile import BadZipFile, LargeZipFile, ZipFile

#: What zipfile runs into in a file that is cut or made up; NotImplementedError is its word for a compression that it
#: lacks. Its word for a part that needs a password is RuntimeError, which who reads parts adds.
ZIP_DAMAGE = (BadZipFile, LargeZipFile, zlib.error, lzma.LZMAError, StructError, EOFError, NotImplementedError)
#: What it runs into when a directory's fields make no sense.
MALFORMED = (ValueError, LookupError, ArithmeticError)
#: What unpacks to more than this is refused; a sheet at the row limit with long copy stays below.
MOST_UNPACKED_BYTES = 4 << 30


def entry_names(path: Path) -> list[str] | None:
    """Name what a zip holds; None for one that cannot be read, which the reader that it comes to tells the user."""
    try:
        with ZipFile(path) as package:
            return package.namelist()
    except (*ZIP_DAMAGE, *MALFORMED, OSError):
        return None
