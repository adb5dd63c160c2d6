"""The entries of a zip archive, and which of them is the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from jobs.intake.zip_file import entry_names
from templates.errors import UserError

ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
#: Bit of an entry whose name is UTF-8; without it the name is in whatever the writer's system used.
UTF8_NAME = 0x800

_ENCRYPTED = 0x1
#: What a zip has that is a document itself.
_DOCUMENT_PARTS = {"[content_types].xml", "content.xml", "mimetype", "index/document.iwa", "index.zip"}
_DOCUMENT_FOLDERS = ("xl/", "word/", "ppt/", "_rels/")
_WORKBOOKS = {".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".fods", ".ots"}
_TABLES = _WORKBOOKS | {".csv", ".tsv", ".tab", ".psv", ".ssv", ".parquet", ".xml"}
_ARCHIVES = {".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz"}
_TEXTS = {".txt", ".text", ".dat", ".asc", ".log", ""}
#: Begin the names of texts about a table.
_ABOUT = ("readme", "read me", "read_me", "license", "licence", "changelog", "notice", "terms", "copyright", "liesmich")
_NAMED = 8


def is_archive(path: Path) -> bool:
    """Whether a zip is an archive of files, not a workbook or another document, which are zips as well."""
    if path.suffix.casefold() in _WORKBOOKS:
        return False
    found = entry_names(path)
    if found is None:
        return path.suffix.casefold() == ".zip"
    names = [name.replace("\\", "/").lstrip("/").casefold() for name in found]
    return not any(name in _DOCUMENT_PARTS or name.startswith(_DOCUMENT_FOLDERS) for name in names)


def shown_name(entry: ZipInfo) -> str:
    """Give an entry's name as its writer meant it: many write UTF-8 and do not say so."""
    if not entry.flag_bits & UTF8_NAME:
        try:
            return entry.filename.encode("cp437").decode()
        except UnicodeError:
            pass
    return entry.filename


def choose_entry(path: Path, package: ZipFile) -> ZipInfo:
    """Find the one table of an archive; folders, hidden files and texts about it are passed over.

    Raises:
        UserError: there is none, or there are several.
    """
    files = [entry for entry in package.infolist() if not _is_hidden(shown_name(entry))]
    tables = _with_suffix(files, _TABLES)
    texts = [entry for entry in _with_suffix(files, _TEXTS) if not _base(entry).startswith(_ABOUT)]
    found = tables or texts
    if len(found) == 1:
        return _readable(path, found[0])
    if found:
        raise UserError(
            f"{path.name} holds {len(found)} tables: {_listed(found)}.",
            fix="Unpack the one that you mean and give that file.",
            code="source",
        )
    archives = _with_suffix(files, _ARCHIVES)
    if archives:
        raise UserError(
            f"{path.name} holds an archive in turn: {_listed(archives)}.",
            fix="Unpack it and give the table in it.",
            code="source",
        )
    what = f"only {_listed(files)}" if files else "no files"
    raise UserError(
        f"{path.name} is a zip archive without a table: it holds {what}.",
        fix="Give an .xlsx, .xls, .ods, .csv, .tsv or .parquet file, or a zip with one of these in it.",
        code="source",
    )


def find_entry(path: Path, package: ZipFile, name: str) -> ZipInfo:
    """Give the entry of a name.

    Raises:
        UserError: it is not there any more.
    """
    for entry in package.infolist():
        if shown_name(entry) == name:
            return _readable(path, entry)
    raise UserError(
        f"{path.name} has no {name} any more: it was changed while the job ran.",
        fix="Put the file back as it was, then run `skuscribe resume`: what was written is kept.",
        code="source",
    )


def _readable(path: Path, entry: ZipInfo) -> ZipInfo:
    if entry.flag_bits & _ENCRYPTED:
        raise UserError(
            f"{shown_name(entry)} in {path.name} is encrypted (protected by a password).",
            fix="Unpack it and give the file.",
            code="encrypted",
        )
    return entry


def _is_hidden(name: str) -> bool:
    """Whether nobody sees a file of this name in the archive, or it is a folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    leaf = path.name.casefold()
    if not leaf or name.endswith(("/", "\\")):
        return True
    return "__MACOSX" in path.parts or leaf.startswith((".", "~$")) or leaf in {"thumbs.db", "desktop.ini"}


def _with_suffix(entries: Iterable[ZipInfo], suffixes: set[str]) -> list[ZipInfo]:
    return [entry for entry in entries if PurePosixPath(_base(entry)).suffix in suffixes]


def _base(entry: ZipInfo) -> str:
    return PurePosixPath(shown_name(entry).replace("\\", "/")).name.casefold()


def _listed(entries: Sequence[ZipInfo]) -> str:
    shown = ", ".join(shown_name(entry)[:80] for entry in entries[:_NAMED])
    return shown + (f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else "")
