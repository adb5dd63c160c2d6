"""Bytes that do not fit the encoding of a text file: where they are, and how they are read all the same."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.intake.text.double_bytes import family_of

#: Error handler that reads a byte that is not UTF-8 as cp1252, the usual mix-up, and what else does not fit as U+FFFD.
MIXED = "skuscribe-mixed"
#: Error handler that marks each stray with a character that no text has.
_MARKED = "skuscribe-marked"

_MARK = "\udc80"
_WIDE = ("utf-16", "utf-32")
_CHUNK_BYTES = 1 << 20
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
#: So many strays are no accident when good characters are no more than they.
_ACCIDENTS = 50
#: Lines that are kept for the report.
_MOST_LINES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Strays:
    """What reading a whole file in an encoding shows."""

    #: Characters beyond ASCII that the bytes gave; not counted when every byte fits.
    good: int
    #: Places that do not fit.
    bad: int
    #: Lines of the file, from 1, with such places; each line break counts, also one within a quoted cell.
    lines: tuple[int, ...]

    @property
    def are_accidents(self) -> bool:
        """Whether the file is in the encoding for all that."""
        return self.good > self.bad or not self.bad


def chunks_of(path: Path) -> Iterator[bytes]:
    """Stream a file's bytes."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def find_strays(path: Path, encoding: str) -> Strays:
    """Look for bytes that are not in the encoding; the search ends early when most are not."""
    if _is_clean(path, encoding):
        return Strays(good=0, bad=0, lines=())
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(_MARKED), translate=True)
    good = bad = 0
    line = 1
    lines: dict[int, None] = {}
    for chunk in _with_end(path):
        text = decoder.decode(chunk, final=not chunk)
        strays = text.count(_MARK)
        bad += strays
        good += len(_BEYOND_ASCII.findall(text)) - strays if not text.isascii() else 0
        if bad > _ACCIDENTS and good <= bad:
            break
        line = _mark_lines(text, line, lines) if strays else line + text.count("\n")
    return Strays(good=good, bad=bad, lines=tuple(lines))


def _is_clean(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _with_end(path):
            decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return False
    return True


def _with_end(path: Path) -> Iterator[bytes]:
    yield from chunks_of(path)
    yield b""


def _mark_lines(text: str, line: int, lines: dict[int, None]) -> int:
    """Note the lines of a text that have strays; give the number of its last line."""
    parts = text.split("\n")
    for number, part in enumerate(parts, line):
        if _MARK in part and len(lines) < _MOST_LINES:
            lines[number] = None
    return line + len(parts) - 1


def _extent(error: UnicodeDecodeError) -> int:
    """Say where a stray ends: both bytes of a pair go together, so that its second is never taken for a delimiter."""
    family = family_of(error.encoding)
    return error.start + family.length(error.object, error.start) if family else error.end


def _as_usual(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    end = _extent(error)
    if error.encoding.startswith(_WIDE):
        # A byte too many at the end of the file is no character.
        return "" if end == len(error.object) and error.reason == "truncated data" else "\ufffd", end
    if error.encoding not in {"utf-8", "charmap"}:
        return "\ufffd", end
    stray = error.object[error.start : end]
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in stray), end


def _as_mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _MARK, _extent(error)


codecs.register_error(MIXED, _as_usual)
codecs.register_error(_MARKED, _as_mark)
