"""Records and fields of delimited text as they stand in the file, by the same rules as the `csv` module reads them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

#: Error handler of the scan: half a surrogate pair survives, half a character at the end of the file becomes U+FFFD.
KEEP = "skuscribe-keep"

_SIMPLE = re.compile(r'([^"\r\n]*+)(\r\n?|\n)')
_BREAK = r"(\r\n?|\n|\Z)"


@dataclass(frozen=True, slots=True)
class Units:
    """How bytes become characters that the scanner works on, and back without loss.

    The encodings that extend ASCII are scanned byte for byte, as Latin-1: quotes, delimiters and newlines are the same
    in all of them, and bytes that are wrong in the encoding survive. UTF-16 and UTF-32 are decoded, since their
    newline is not one byte.
    """

    #: Codec of the scan.
    codec: str
    #: Codec of the cells that we add.
    cells: str
    #: Byte order mark, b"" when there is none.
    mark: bytes

    def of_cell(self, text: str) -> str:
        """Turn a text of ours into units; UnicodeEncodeError when the encoding lacks a character."""
        return text if self.codec == self.cells else text.encode(self.cells).decode(self.codec)


_MARKS = {
    "utf-8-sig": (b"\xef\xbb\xbf",),
    "utf-8": (b"\xef\xbb\xbf",),
    "utf-16": (b"\xff\xfe", b"\xfe\xff"),
    "utf-32": (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"),
}
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def find_units(start: bytes, encoding: str) -> Units:
    """Settle the units from the first bytes of the file and the encoding that intake found."""
    name = encoding.lower().replace("_", "-")
    mark = next((mark for mark in _MARKS.get(name, ()) if start.startswith(mark)), b"")
    if name in {"utf-16", "utf-32"}:
        name += "-be" if mark[:1] == b"\xfe" or (mark[-1:] == b"\xff" and name == "utf-32") else "-le"
    if name in _WIDE:
        return Units(codec=name, cells=name, mark=mark)
    return Units(codec="latin-1", cells="utf-8" if name == "utf-8-sig" else encoding, mark=mark)


class DelimitedScanner:
    """Splits units into records and records into fields, all of them as written."""

    def __init__(self, delimiter: str) -> None:
        mark = re.escape(delimiter)
        #: A quote opens a field at its start only; what follows the closing quote is text; an unclosed one runs on.
        field = rf'(?:"[^"]*+(?:""[^"]*+)*+(?:"[^{mark}\r\n]*+|\Z)|[^"{mark}\r\n][^{mark}\r\n]*+|)'
        self._delimiter = delimiter
        self._record = re.compile(rf"({field}(?:{mark}{field})*+){_BREAK}")
        self._fields = re.compile(rf"(?:\A|{mark})({field})")
        self._open = re.compile(r'"[^"]*+(?:""[^"]*+)*+\Z')

    def records(self, file: IO[str], *, chunk_chars: int = 1 << 18) -> Iterator[tuple[str, str]]:
        """Stream each record with its line break, "" at the end of a file without one."""
        buffer, start, size, ended = "", 0, chunk_chars, False
        while not (ended and start == len(buffer)):
            found = _SIMPLE.match(buffer, start) or self._record.match(buffer, start)
            if found and (ended or found.end() < len(buffer)):
                yield found.group(1), found.group(2)
                start, size = found.end(), chunk_chars
                continue
            more = file.read(size)
            buffer, start, ended = buffer[start:] + more, 0, not more
            size *= 2

    def fields(self, record: str) -> list[str]:
        """Split a record into its fields as written, quotes included."""
        return self._fields.findall(record) if '"' in record else record.split(self._delimiter)

    def width(self, record: str) -> int:
        """Count a record's fields."""
        return len(self._fields.findall(record)) if '"' in record else record.count(self._delimiter) + 1

    def is_open(self, record: str) -> bool:
        """Whether the last field has a quote that nothing closes, as only the last record of a file can have."""
        return '"' in record and self._open.fullmatch(self.fields(record)[-1]) is not None


def _keep(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogatepass")(error)
    except UnicodeDecodeError as problem:
        return "\ufffd", problem.end


codecs.register_error(KEEP, _keep)
