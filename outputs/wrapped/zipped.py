"""The copy in a table that came in a .zip or .gz: it goes back there, and every other entry keeps its bytes."""

from __future__ import annotations

import copy
import gzip
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from jobs.intake.archive.entries import UTF8_NAME, find_entry
from jobs.intake.archive.unpacking import GZIP_MARK, unpack
from jobs.sheet import SheetInfo
from outputs.notes import WriteNotes
from outputs.source_file import opened_source
from outputs.targets import returned_name
from outputs.whole_file import whole_file
from outputs.xlsx.package import package_writer

_CHUNK_BYTES = 1 << 20
_LEVEL = 6


@contextmanager
def unpacked_source(info: SheetInfo) -> Iterator[SheetInfo]:
    """Describe the source as a file of its own: for one in an archive, the file that it is unpacked to meanwhile.

    Raises:
        UserError: the archive is gone, changed or damaged.
    """
    if not info.member:
        yield info
        return
    with opened_source(info.path), tempfile.TemporaryDirectory(prefix="skuscribe-") as folder:
        _, path = unpack(info.path, Path(folder), info.member)
        yield replace(info, path=path, member="")


def write_zipped(info: SheetInfo, target: Path, write: Callable[[SheetInfo, Path], WriteNotes]) -> WriteNotes:
    """Write an archive again with its table rewritten by `write`, which gets the table's file and where it is to go.

    A table that comes back in another format has that format's extension in the archive as well.

    Raises:
        UserError: the archive is gone, changed or damaged, or the target cannot be written.
    """
    with unpacked_source(info) as table, tempfile.TemporaryDirectory(prefix="skuscribe-") as folder:
        made = Path(folder) / returned_name(table)
        notes = write(table, made)
        with opened_source(info.path) as source, whole_file(target) as out:
            if source.read(len(GZIP_MARK)) == GZIP_MARK:
                _write_gzip(made, out)
            else:
                _write_zip(info, made, source, out)
    return notes


def _write_gzip(made: Path, out: IO[bytes]) -> None:
    with made.open("rb") as file, gzip.GzipFile("", "wb", _LEVEL, out) as packed:
        shutil.copyfileobj(file, packed, _CHUNK_BYTES)


def _write_zip(info: SheetInfo, made: Path, source: IO[bytes], out: IO[bytes]) -> None:
    with zipfile.ZipFile(source) as package, package_writer(out, package.comment) as writer:
        table = find_entry(info.path, package, info.member)
        for entry in package.infolist():
            if entry is table:
                writer.write(_renamed(_as_it_was(entry), info.member, made), _pieces(made))
            else:
                writer.copy(_as_it_was(entry), source)


def _pieces(made: Path) -> Iterator[bytes]:
    with made.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece


class _Entry(zipfile.ZipInfo):
    """An entry whose name is written with the bytes that it was read with: zipfile would write its own guess."""

    __slots__ = ()

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.orig_filename.encode("utf-8" if self.flag_bits & UTF8_NAME else "cp437"), self.flag_bits


def _as_it_was(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    kept = copy.copy(entry)
    kept.__class__ = _Entry
    return kept


def _renamed(entry: zipfile.ZipInfo, member: str, made: Path) -> zipfile.ZipInfo:
    """Give the table's entry the extension of what it comes back as, and the size for which it needs room."""
    entry.file_size = max(entry.file_size, made.stat().st_size)
    suffix = PurePosixPath(member).suffix
    if suffix and suffix.casefold() != made.suffix.casefold():
        entry.orig_filename = entry.filename = member.removesuffix(suffix) + made.suffix
        entry.flag_bits |= UTF8_NAME
    return entry
