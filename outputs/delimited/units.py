"""How the bytes of delimited text become characters that a scanner works on, and bytes again."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import IO, Protocol

from jobs.intake.text.double_bytes import DoubleByte, family_of
from jobs.intake.text.record_form import RecordForm
from jobs.intake.text.records import Characters
from jobs.intake.text.strays import MIXED

#: Error handler of the scan: half a surrogate pair survives, half a character at the end of the file is left out.
_KEEP = "skuscribe-keep"
_BUFFER_BYTES = 1 << 18

_MARKS = {
    "utf-8-sig": (b"\xef\xbb\xbf",),
    "utf-8": (b"\xef\xbb\xbf",),
    "utf-16": (b"\xff\xfe", b"\xfe\xff"),
    "utf-32": (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"),
}
_MOST_MARK_BYTES = 4
_WIDE = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
#: Second bytes that look like ASCII are told from it by this much; no character of the scan is so high otherwise.
_MASK = 0x100
_UNMASKED = {_MASK + byte: byte for byte in range(0x80)}


class Units(Protocol):
    """Characters of the scan for the bytes of one file."""

    @property
    def cells(self) -> str:
        """Codec of the cells that we add."""

    def opened(self, file: IO[bytes]) -> Characters:
        """Read the file from its start; it stays open when the characters are gone."""

    def start(self) -> bytes:
        """Give what stands before the first record."""

    def end(self) -> bytes:
        """Give what stands behind the last record."""

    def of_cell(self, text: str) -> str:
        """Turn a text of ours into characters of the scan; UnicodeEncodeError when the encoding lacks one."""

    def to_bytes(self, text: str) -> bytes:
        """Write characters of the scan; UnicodeEncodeError when the encoding lacks one."""


def find_units(file: IO[bytes], encoding: str, form: RecordForm) -> Units:
    """Settle how the file is scanned so that every byte of it comes back, by the encoding that intake found."""
    name = encoding.lower().replace("_", "-")
    file.seek(0)
    start = file.read(_MOST_MARK_BYTES)
    mark = next((mark for mark in _MARKS.get(name, ()) if start.startswith(mark)), b"")
    if name in {"utf-16", "utf-32"}:
        name += "-be" if mark in {b"\xfe\xff", b"\x00\x00\xfe\xff"} else "-le"
    if name in _WIDE:
        size = file.seek(0, io.SEEK_END)
        file.seek(size - (size - len(mark)) % _WIDE[name])
        return _SameBytes(codec=name, cells=name, mark=mark, tail=file.read())
    cells = "utf-8" if name == "utf-8-sig" else encoding
    family = family_of(codecs.lookup(cells).name)
    # No other character of a record's form is the second byte of a pair.
    looks_alike = family is not None and (form.delimiter == "|" or form.backslash)
    return _SameBytes(codec="latin-1", cells=cells, mark=mark, family=family if looks_alike else None)


def transcoded(encoding: str, target: str) -> Units:
    """Let the file come back in another encoding, each character of it as intake reads it in its own."""
    return _Transcoded(encoding, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SameBytes:
    """Every byte of the file comes back.

    The encodings that extend ASCII are scanned byte for byte, as Latin-1: quotes, delimiters and newlines are the same
    in all of them, and bytes that are wrong in the encoding survive. Where the second byte of a pair may look like one
    of those, it is masked. UTF-16 and UTF-32 are decoded, since their newline is not one byte.
    """

    codec: str
    cells: str
    mark: bytes
    #: Of a last character that breaks off.
    tail: bytes = b""
    family: DoubleByte | None = None

    def opened(self, file: IO[bytes]) -> Characters:
        raw = io.BufferedReader(io.FileIO(file.fileno(), closefd=False), _BUFFER_BYTES)
        raw.seek(len(self.mark))
        if self.family:
            return _PairText(raw, self.family)
        return io.TextIOWrapper(raw, encoding=self.codec, errors=_KEEP, newline="")

    def start(self) -> bytes:
        return self.mark

    def end(self) -> bytes:
        return self.tail

    def of_cell(self, text: str) -> str:
        if self.codec == self.cells:
            return text
        data = text.encode(self.cells)
        return _masked(data.decode("latin-1"), self.family)[0] if self.family else data.decode("latin-1")

    def to_bytes(self, text: str) -> bytes:
        return (text.translate(_UNMASKED) if self.family else text).encode(self.codec, _KEEP)


class _Transcoded:
    """The characters of the scan are those of the text."""

    def __init__(self, encoding: str, target: str) -> None:
        self._encoding = encoding
        self._encoder = codecs.getincrementalencoder(target)()
        self.cells = target

    def opened(self, file: IO[bytes]) -> Characters:
        raw = io.BufferedReader(io.FileIO(file.fileno(), closefd=False), _BUFFER_BYTES)
        raw.seek(0)
        text = io.TextIOWrapper(raw, encoding=self._encoding, errors=MIXED, newline="")
        if text.read(1) != "\ufeff":
            text.seek(0)
        return text

    def start(self) -> bytes:
        return b""

    def end(self) -> bytes:
        return self._encoder.encode("", final=True)

    def of_cell(self, text: str) -> str:
        text.encode(self.cells)
        return text

    def to_bytes(self, text: str) -> bytes:
        return self._encoder.encode(text)


class _PairText:
    """Text of an encoding whose characters take one byte or two, as Latin-1 with the second bytes masked."""

    def __init__(self, file: IO[bytes], family: DoubleByte) -> None:
        self._file = file
        self._family = family
        self._rest = b""

    def read(self, size: int, /) -> str:
        """Read about so many characters, "" at the end."""
        data = self._rest + self._file.read(size)
        text, self._rest = _masked(data.decode("latin-1"), self._family), b""
        if text[1]:
            more = self._file.read(1)
            if more:
                self._rest = data[-1:] + more
                return text[0][:-1] or self.read(size)
        return text[0]


def _masked(text: str, family: DoubleByte) -> tuple[str, bool]:
    """Mask the second bytes; say whether the text ends within a pair, for all one knows."""
    lead, trail = family.lead.decode("ascii"), family.trail.decode("ascii")
    ends_open = False

    def mask(pair: re.Match[str]) -> str:
        nonlocal ends_open
        if len(pair.group()) == 1:
            ends_open = True
            return pair.group()
        first, second = pair.group()[0], pair.group()[1]
        return first + (chr(ord(second) + _MASK) if second < "\x80" else second)

    return re.sub(f"[{lead}](?:[{trail}]|\\Z)", mask, text), ends_open


def _keep(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogatepass")(error)
    except UnicodeDecodeError as problem:
        return "", problem.end


codecs.register_error(_KEEP, _keep)
