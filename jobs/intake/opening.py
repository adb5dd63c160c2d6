"""Which reader opens a source, by its content first and its extension second."""

from __future__ import annotations

import codecs
from pathlib import Path

from jobs.intake.formats.delimited import DelimitedSheet
from jobs.intake.formats.xlsx import XlsxSheet
from jobs.sheet import AS_FOUND, ReadOptions, Sheet
from templates.errors import UserError, nearest

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
#: What a file that is no table begins with, and what it is then.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"<?xml", "an XML file"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
)
#: Control characters that no text has; NUL aside, which careless exports leave.
_CONTROLS = bytes({*range(1, 9), *range(14, 27), *range(28, 32)})
#: More of them than this share, and it is no text.
_CONTROLS_SHARE = 0.02
#: So few are a slip of somebody's export, however short the file is.
_FEW_CONTROLS = 8


def open_sheet(path: Path, options: ReadOptions = AS_FOUND) -> Sheet:
    """Open a source and find its table.

    Raises: UserError (source, sheet, header_row) saying what is wrong with the file.
    """
    start = _start(path)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        return XlsxSheet(path, options)
    _refuse_others(path, start)
    if options.sheet is not None:
        raise UserError(
            f'{path.name} is delimited text and has no sheets, so there is no sheet "{options.sheet}".',
            fix="Leave --sheet out.",
            code="sheet",
        )
    return DelimitedSheet(path, options)


def _start(path: Path) -> bytes:
    """Read the first bytes of the file."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a spreadsheet.", fix="Give the file in it.", code="source")
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is a device, not a file.", fix="Give the path of a file.", code="source")
        with path.open("rb") as file:
            start = file.read(4096)
    except FileNotFoundError as error:
        raise UserError(
            f"{path} does not exist.{_neighbours(path)}", fix="Check the name and the folder.", code="source"
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.",
            fix="Check that you may read it and that no other program has locked it.",
            code="source",
        ) from error
    if not start:
        raise UserError(f"{path.name} is empty (0 bytes).", fix="Give a file with a table.", code="source")
    return start


def _neighbours(path: Path) -> str:
    """Say which files of the folder have names near to the one that does not exist."""
    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.is_file())
    except OSError:
        return f" Nor does the folder {path.parent}."
    return nearest(path.name, names) or f" The folder {path.parent.resolve()} has no files."


def _refuse_others(path: Path, start: bytes) -> None:
    """Name what the file is when it is no table."""
    if start.startswith(_OLE):
        raise UserError(
            f"{path.name} is encrypted (protected by a password) or an old .xls workbook.",
            fix="Open it in a spreadsheet program, take the password off, and save it as .xlsx.",
            code="source",
        )
    head = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    kind = next((kind for mark, kind in _OTHERS if head[:16].lower().startswith(mark.lower())), "")
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if not kind and controls > max(_FEW_CONTROLS, len(start) * _CONTROLS_SHARE) and not start.startswith(_UTF16):
        kind = "a binary file"
    if kind:
        raise UserError(
            f"{path.name} is {kind}, not a spreadsheet.",
            fix="Give an .xlsx, .csv or .tsv file, or save it as one in a spreadsheet program.",
            code="source",
        )
