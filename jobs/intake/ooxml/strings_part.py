"""Reading the shared strings: most items by what their bytes are, the others by an XML parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from jobs.intake.ooxml.elements import START_TAG, Surroundings, streamed
from jobs.intake.ooxml.part_text import is_utf_8, part_chunks
from jobs.intake.ooxml.sheet_scan import may_hide
from jobs.intake.ooxml.strings import SharedStrings
from jobs.intake.ooxml.xml_text import CONTROLS, decoded, plain_text, unescaped

#: A longer item is left to the XML parser, which has limits of its own.
_MOST_ITEM_BYTES = 4 << 20
_START = re.compile(START_TAG % b"sst")


def read_strings(file: IO[bytes]) -> SharedStrings:
    """Read the shared strings part."""
    try:
        return _read_plain(file)
    except _NotPlainError:
        file.seek(0)
        return read_strings_as_xml(file)


def read_strings_as_xml(file: IO[bytes]) -> SharedStrings:
    """Read the shared strings part, whatever it looks like."""
    strings = SharedStrings()
    strings.extend(map(plain_text, streamed(file, "{*}si")))
    return strings


class _NotPlainError(Exception):
    """The part has comments, instructions, definitions or an encoding for which it takes an XML parser."""


def _read_plain(file: IO[bytes]) -> SharedStrings:
    encoding, chunks = part_chunks(file)
    first = next(chunks, b"")
    start = _START.search(first)
    if start is None or b"<!" in first[: start.start()] or not is_utf_8(encoding):
        raise _NotPlainError
    reader = _ItemReader(start[0])
    for items in _blocks(first[start.end() :], chunks, reader.close):
        reader.read(items)
    return reader.strings


def _blocks(rest: bytes, chunks: Iterator[bytes], close: bytes) -> Iterator[bytes]:
    """Cut the part behind the end of an item, time and again."""
    while True:
        if may_hide(rest) or len(rest) > _MOST_ITEM_BYTES or len(rest.translate(None, CONTROLS)) < len(rest):
            raise _NotPlainError
        items, found, rest = rest.rpartition(close)
        if found:
            yield items
        chunk = next(chunks, b"")
        if not chunk:
            break
        rest += chunk
    if not re.match(rb"\s*</%bsst" % close[2:-3], rest):
        raise _NotPlainError


class _ItemReader:
    """Reads items of a part that begins with this start tag."""

    def __init__(self, start: bytes) -> None:
        self.strings = SharedStrings()
        prefix = start[1 : start.index(b"sst")].decode()
        #: What ends an item.
        self.close = f"</{prefix}si>".encode()
        self._text_close = f"</{prefix}t>"
        self._opens = tuple(f"<{prefix}si><{prefix}t{space}>" for space in ("", ' xml:space="preserve"'))
        self._between = f"{self._text_close}</{prefix}si>{self._opens[0]}"
        self._surroundings = Surroundings(start)

    def read(self, items: bytes) -> None:
        """Add the texts of some items, given without what ends the last of them."""
        text = items.decode()
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        inner = self._inner(text)
        texts = inner.split(self._between)
        if inner is not text and inner.count("<") == (len(texts) - 1) * self._between.count("<"):
            self._add(texts, are_escaped="&" in text or "_x" in text)
            return
        for item in text.split(self.close.decode()):
            inner = self._inner(item)
            if inner is item or "<" in inner:
                elements = self._surroundings.elements(item.encode() + self.close, "{*}si")
                self.strings.extend(map(plain_text, elements))
            else:
                self._add([inner], are_escaped="&" in inner or "_x" in inner)

    def _inner(self, text: str) -> str:
        """Take what encloses a plain text off it, or give it as it is."""
        for start in self._opens:
            if text.startswith(start) and text.endswith(self._text_close):
                return text[len(start) : -len(self._text_close)]
        return text

    def _add(self, texts: list[str], *, are_escaped: bool) -> None:
        try:
            self.strings.extend(map(_read, texts) if are_escaped else texts)
        except (LookupError, ValueError):
            raise _NotPlainError from None


def _read(xml: str) -> str:
    return unescaped(decoded(xml)) if "&" in xml or "_x" in xml else xml
