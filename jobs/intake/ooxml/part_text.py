"""The bytes of an XML part in an encoding that extends ASCII."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO

from jobs.intake.ooxml.damage import Damaged

_CHUNK_BYTES = 1 << 18
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ENCODING = re.compile(r"""(<\?xml[^>]*?\sencoding\s*=\s*["'])([\w.-]+)""")


def part_chunks(part: IO[bytes]) -> tuple[str, Iterator[bytes]]:
    """Give the encoding that an inserted text must have, and the part's bytes.

    They are the part's own, but for UTF-16, which is turned into UTF-8.
    """
    chunks = iter(lambda: part.read(_CHUNK_BYTES), b"")
    first = next(chunks, b"")
    wide = _UTF_16.get(first[:2])
    if wide:
        return "utf-8", _from_utf_16(chain([first[2:]], chunks), wide)
    named = _ENCODING.match(first.removeprefix(codecs.BOM_UTF8)[:200].decode("latin-1"))
    encoding = named[2] if named else "utf-8"
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise Damaged(f"the sheet says that it is encoded as {encoding}") from None
    return encoding, chain([first], chunks)


def is_utf_8(encoding: str) -> bool:
    """Whether text in this encoding reads the same as UTF-8."""
    return codecs.lookup(encoding).name in {"utf-8", "ascii"}


def _from_utf_16(chunks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    first = decoder.decode(next(chunks))
    yield _ENCODING.sub(r"\1UTF-8", first, count=1).encode()
    for chunk in chunks:
        text = decoder.decode(chunk)
        if text:
            yield text.encode()
