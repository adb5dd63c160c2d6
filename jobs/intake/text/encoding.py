"""How delimited text is encoded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Name of the error handler that reads single bytes that are not UTF-8 as cp1252, the usual mix-up.
MIXED = "skuscribe-mixed"

_CHUNK_BYTES = 1 << 20
_STRAY = re.compile("[\udc80-\udcff]")
#: So many bad bytes are no accident when good characters are no more than they.
_ACCIDENTS = 50
#: Line numbers that are kept for the report.
_MOST_LINES = 1000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What the bytes of a text file say about its encoding."""

    name: str
    #: What decoding does with a byte that does not fit.
    errors: str = "strict"
    #: Lines of the file, from 1, with bytes that are not UTF-8.
    bad_lines: tuple[int, ...] = field(default=())


def find_encoding(path: Path) -> Encoding:
    """Find out the encoding: a byte order mark, else UTF-8 over the whole file, else cp1252."""
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name=name, errors=MIXED if name == "utf-8-sig" else "replace")
    evens, odds = start[::2].count(0), start[1::2].count(0)
    if max(evens, odds) * 4 > len(start) and min(evens, odds) * 20 < max(evens, odds):
        return Encoding(name="utf-16-le" if odds > evens else "utf-16-be", errors="replace")
    if _is_utf8(path):
        return Encoding(name="utf-8")
    return _mixed_or_western(path)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mixed_or_western(path: Path) -> Encoding:
    """Tell UTF-8 with a few strays from cp1252: the former has more good characters than strays."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    line = 1
    bad_lines: dict[int, None] = {}
    for chunk in (*_chunks(path), b""):
        text = decoder.decode(chunk, final=not chunk)
        strays = list(_STRAY.finditer(text))
        bad += len(strays)
        good += len(text.encode("ascii", "ignore")) * -1 + len(text) - len(strays)
        if bad > _ACCIDENTS and good <= bad:
            break
        end = 0
        for stray in strays[:_MOST_LINES]:
            line += text.count("\n", end, stray.start())
            end = stray.start()
            bad_lines[line] = None
        line += text.count("\n", end)
    if good > bad:
        return Encoding(name="utf-8", errors=MIXED, bad_lines=tuple(bad_lines))
    return Encoding(name="cp1252", errors=MIXED)


def _as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in stray), error.end


codecs.register_error(MIXED, _as_western)
