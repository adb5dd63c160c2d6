"""How delimited text is encoded."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from jobs.intake.text.codec_names import known_encoding, label
from jobs.intake.text.double_bytes import family_of
from jobs.intake.text.guess import guess_encoding
from jobs.intake.text.strays import MIXED, Strays, chunks_of, find_strays
from templates.errors import UserError

#: Bytes that a guess is made from, in all and of each part of the file.
_SAMPLE_BYTES, _PART_BYTES = 128_000, 16_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Of UTF-16 without a mark at least this share of the bytes is zero, nearly all of them first or second of a pair.
_ZEROS_SHARE, _ONE_SIDE_SHARE = 0.02, 0.95
_PARTS = ",;\t|\r\n "
#: UTF-32 has a zero byte in every character, and a second one in most.
_ZEROS_OF_UTF32 = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What the bytes of a text file say about its encoding."""

    name: str
    #: What decoding does with a byte that does not fit.
    errors: str = MIXED
    #: Lines of the file, from 1, with bytes that do not fit.
    bad_lines: tuple[int, ...] = field(default=())
    #: Nothing in the file says for certain that it is this one.
    guessed: bool = False


def find_encoding(path: Path, told: str | None = None) -> Encoding:
    """Find out the encoding: as told, a byte order mark, UTF-8 over the whole file, else by the look of its words.

    Raises: UserError (encoding) when the encoding told is unknown or does not fit the file.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    mark = marked_encoding(start)
    if told is not None:
        return _told(path, told, mark)
    certain = mark or wide_encoding(start)
    if certain:
        return Encoding(name=certain, bad_lines=find_strays(path, certain).lines, guessed=not mark)
    strays = find_strays(path, "utf-8")
    if strays.are_accidents:
        return Encoding(name="utf-8", bad_lines=strays.lines)
    return _guessed(path)


def marked_encoding(start: bytes) -> str:
    """Tell the encoding by a byte order mark, "" without one."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), "")


def wide_encoding(start: bytes) -> str:
    """Tell UTF-16 or UTF-32 by its mark or by the zero bytes of the first characters, "" for any other encoding."""
    mark = marked_encoding(start)
    if mark:
        return mark if mark != "utf-8-sig" else ""
    zeros = start.count(0)
    if zeros <= len(start) * _ZEROS_SHARE:
        return ""
    if zeros > len(start) * _ZEROS_OF_UTF32:
        sides = [start[place::4].count(0) for place in range(4)]
        for name, first, second in (("utf-32-le", sides[3], sides[2]), ("utf-32-be", sides[0], sides[1])):
            if min(first * 4, second * 8) >= len(start) - 4:
                return name
    evens, odds = start[::2].count(0), start[1::2].count(0)
    if max(evens, odds) < zeros * _ONE_SIDE_SHARE:
        return ""
    name = "utf-16-le" if odds > evens else "utf-16-be"
    return name if _has_lines(start, name) else ""


def _has_lines(start: bytes, name: str) -> bool:
    """Whether the delimiters, line ends and spaces among the bytes are such characters in UTF-16 too."""
    parts = sum(start.count(byte) for byte in _PARTS.encode())
    if not parts:
        return start.count(0) * 4 > len(start)
    text = start.decode(name, "ignore")
    return sum(text.count(char) for char in _PARTS) * 2 >= parts


def _guessed(path: Path) -> Encoding:
    name = guess_encoding(_sample(path))
    family = family_of(name)
    if family is None:
        return Encoding(name=name, guessed=True)
    tried = {each: find_strays(path, each) for each in family.codecs[:2]}
    best = min(tried, key=lambda each: tried[each].bad)
    return Encoding(name=best, bad_lines=tried[best].lines, guessed=True)


def _sample(path: Path) -> bytes:
    """Take lines that have bytes beyond ASCII, from all over the file."""
    found: list[bytes] = []
    size = 0
    for chunk in chunks_of(path):
        part = _beyond_ascii(chunk.splitlines())
        found.append(part)
        size += len(part)
        if size >= _SAMPLE_BYTES:
            break
    return b"\n".join(found)


def _beyond_ascii(lines: Iterable[bytes]) -> bytes:
    found: list[bytes] = []
    size = 0
    for line in lines:
        if not line.isascii():
            found.append(line[:_PART_BYTES])
            size += len(found[-1])
        if size >= _PART_BYTES:
            break
    return b"\n".join(found)


def _told(path: Path, told: str, mark: str) -> Encoding:
    name = known_encoding(told, "--source-encoding")
    if mark and mark.startswith(name[:6].rstrip("-")):
        name = mark
    strays = find_strays(path, name)
    if not strays.are_accidents:
        raise UserError(
            f"{path.name} is not {label(name)}:{_first_line(strays)} bytes that {label(name)} does not have.",
            fix="Leave --source-encoding out to have it found, or give another one.",
            code="encoding",
        )
    return Encoding(name=name, bad_lines=strays.lines)


def _first_line(strays: Strays) -> str:
    return f" line {strays.lines[0]} has" if strays.lines else " it has"
