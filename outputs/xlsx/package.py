"""An .xlsx as a package of parts: all but the patched ones are copied as their compressed bytes lie in the file."""

from __future__ import annotations

import copy
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from jobs.intake.ooxml.damage import Damaged
from templates.errors import UserError

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_EXTRA_HEADER = struct.Struct("<HH")
_DESCRIPTOR_FOLLOWS = 0x08
_ZIP64_EXTRA = 1
_PIECE_BYTES = 1 << 20
#: A part that may grow past what a plain zip entry holds gets a zip64 header from the start.
_BIG_BYTES = 1 << 28
#: Half the time of zlib's usual level for a tenth more bytes.
_LEVEL = 3

#: Gives the new content of a part.
Rewrite = Callable[[], Iterable[bytes]]


def rewrite_package(package: zipfile.ZipFile, source: IO[bytes], out: IO[bytes], parts: Mapping[str, Rewrite]) -> None:
    """Write a package again, in the same order, with some parts rewritten.

    `source` is the file under `package`. Of several entries of one name the last is the part; others are copied.

    Raises:
        Damaged: a part does not lie where the package's directory says.
    """
    with package_writer(out, package.comment) as writer:
        for part in package.infolist():
            rewrite = parts.get(part.filename)
            if rewrite and package.getinfo(part.filename) is part:
                writer.write(part, rewrite())
            else:
                writer.copy(part, source)


class PackageWriter:
    """Writes parts one after the other; the directory at the end is zipfile's."""

    def __init__(self, out: IO[bytes], directory: zipfile.ZipFile) -> None:
        self._out = out
        self._directory = directory

    def copy(self, part: zipfile.ZipInfo, source: IO[bytes]) -> None:
        """Copy a part with its compressed bytes untouched."""
        pieces = _raw(part, source)
        entry = self._entry(part)
        self._out.write(entry.FileHeader())
        for piece in pieces:
            self._out.write(piece)
        self._add(entry)

    def write(self, part: zipfile.ZipInfo, pieces: Iterable[bytes]) -> None:
        """Write a part anew under the name, date and compression type of another.

        Raises:
            UserError: it is far larger than the other one, and too large for an entry of that kind.
        """
        entry = self._entry(part)
        if entry.compress_type != zipfile.ZIP_STORED:
            entry.compress_type = zipfile.ZIP_DEFLATED
        zip64 = part.file_size > _BIG_BYTES
        self._out.write(entry.FileHeader(zip64))
        entry.CRC = entry.file_size = entry.compress_size = 0
        for piece in _packed(pieces, entry):
            entry.compress_size += len(piece)
            self._out.write(piece)
        end = self._out.tell()
        self._out.seek(entry.header_offset)
        try:
            self._out.write(entry.FileHeader(zip64))
        except zipfile.LargeZipFile as problem:
            raise UserError(
                "With the copy in it the sheet grows past 2 GB.",
                fix="Split the table into several workbooks.",
                code="source",
            ) from problem
        self._out.seek(end)
        self._add(entry)

    def _entry(self, part: zipfile.ZipInfo) -> zipfile.ZipInfo:
        entry = copy.copy(part)
        entry.flag_bits &= ~_DESCRIPTOR_FOLLOWS
        entry.extra = _without_zip64(part.extra)
        entry.header_offset = self._out.tell()
        return entry

    def _add(self, entry: zipfile.ZipInfo) -> None:
        self._directory.filelist.append(entry)
        self._directory.start_dir = self._out.tell()


@contextmanager
def package_writer(out: IO[bytes], comment: bytes = b"") -> Iterator[PackageWriter]:
    """Give a writer whose directory is written when the block ends; the file stays open."""
    directory = zipfile.ZipFile(out, "w", allowZip64=True)
    directory.comment = comment
    try:
        yield PackageWriter(out, directory)
    except BaseException:
        with suppress(OSError):
            directory.close()
        raise
    directory.close()


def _raw(part: zipfile.ZipInfo, source: IO[bytes]) -> Iterator[bytes]:
    source.seek(part.header_offset)
    header = source.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise Damaged(f"{part.filename} is not where the file's directory says")
    _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    start = source.tell() + name_bytes + extra_bytes
    left = part.compress_size
    while left:
        source.seek(start)
        piece = source.read(min(left, _PIECE_BYTES))
        if not piece:
            raise Damaged(f"{part.filename} is cut off")
        yield piece
        start += len(piece)
        left -= len(piece)


def _packed(pieces: Iterable[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Compress, counting size and check sum into the entry."""
    stored = entry.compress_type == zipfile.ZIP_STORED
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    for piece in pieces:
        entry.CRC = zlib.crc32(piece, entry.CRC)
        entry.file_size += len(piece)
        packed = piece if stored else squeeze.compress(piece)
        if packed:
            yield packed
    if not stored:
        yield squeeze.flush()


def _without_zip64(extra: bytes) -> bytes:
    """Take the zip64 sizes out of an entry's extra fields: they are written anew where they are needed."""
    kept = b""
    while len(extra) >= _EXTRA_HEADER.size:
        kind, size = _EXTRA_HEADER.unpack_from(extra)
        field, extra = extra[: _EXTRA_HEADER.size + size], extra[_EXTRA_HEADER.size + size :]
        if kind != _ZIP64_EXTRA:
            kept += field
    return kept + extra
