"""Which reader opens a source, by its content first and its extension second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.intake.archive.unpacking import is_packed
from jobs.intake.feed.kinds import is_xml
from jobs.intake.formats.delimited import DelimitedSheet
from jobs.intake.formats.encrypted import EncryptedSheet
from jobs.intake.formats.feed import FeedSheet
from jobs.intake.formats.ods import OdsSheet
from jobs.intake.formats.parquet import ParquetSheet
from jobs.intake.formats.xls import XlsSheet
from jobs.intake.formats.xlsb import XlsbSheet, is_xlsb
from jobs.intake.formats.xlsx import XlsxSheet
from jobs.intake.formats.zipped import ZippedSheet
from jobs.intake.odf.package import is_flat, is_opendocument
from jobs.intake.ole import BARE_WORKBOOKS, OLE_SIGNATURE, OleContent, ole_content
from jobs.intake.refusals import not_a_table
from jobs.intake.text.encoding import wide_encoding
from jobs.sheet import AS_FOUND, ReadOptions, Sheet
from templates.errors import UserError, nearest

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
#: The second one when its end is encrypted too.
_PARQUET = (b"PAR1", b"PARE")
#: What a file that is no table begins with, and what it is then.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<meta", "an HTML page"),
    (b"<style", "an HTML page"),
    (b"<table", "an HTML page"),
    (b"MIME-Version:", "a web archive"),
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
    if is_packed(path, _start(path)):
        return ZippedSheet(path, options, open_member=_open_table)
    return _open_table(path, options)


def _open_table(path: Path, options: ReadOptions) -> Sheet:
    """Open a source that is no archive."""
    start = _start(path)
    if is_packed(path, start):
        raise UserError(
            f"{path.name} is an archive within an archive.", fix="Unpack it and give the table in it.", code="source"
        )
    if start.startswith(OLE_SIGNATURE) and ole_content(path) is OleContent.ENCRYPTED:
        return EncryptedSheet(path, options, open_plain=_open_table)
    reader = _workbook_reader(path, start)
    if reader is None:
        _refuse_others(path, start)
        _refuse_sheet_name(path, options)
        reader = DelimitedSheet
    return reader(path, options)


def _workbook_reader(path: Path, start: bytes) -> Callable[[Path, ReadOptions], Sheet] | None:
    """Choose the reader of what is no plain text, None for what may be."""
    if start.startswith(_PARQUET):
        return ParquetSheet
    if start.startswith((OLE_SIGNATURE, *BARE_WORKBOOKS)):
        return XlsSheet
    if is_flat(start):
        return OdsSheet
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        if is_opendocument(path, start):
            return OdsSheet
        return XlsbSheet if is_xlsb(path) else XlsxSheet
    return FeedSheet if is_xml(start) else None


def _refuse_sheet_name(path: Path, options: ReadOptions) -> None:
    if options.sheet is not None:
        raise UserError(
            f'{path.name} is delimited text and has no sheets, so there is no sheet "{options.sheet}".',
            fix="Leave --sheet out.",
            code="sheet",
        )


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
    head = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    kind = next((kind for mark, kind in _OTHERS if head[:16].lower().startswith(mark.lower())), "")
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if not kind and controls > max(_FEW_CONTROLS, len(start) * _CONTROLS_SHARE) and not wide_encoding(start):
        kind = "a binary file"
    if kind:
        raise not_a_table(path.name, kind)
