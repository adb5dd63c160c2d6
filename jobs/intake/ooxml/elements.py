"""Elements of a part of a workbook, streamed, or a few of them by themselves.

Entities are not resolved and nothing is fetched: a workbook needs neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import IO

from lxml import etree

START_TAG = rb"""<(?:[\w.-]+:)?%b(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*>"""


def streamed(file: IO[bytes], *tags: str) -> Iterator[etree._Element]:
    """Give each whole element with one of the tags, and free it once the next one is asked for."""
    for _, element in etree.iterparse(
        file, tag=tags, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    ):
        yield element
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


class Surroundings:
    """The start tags that a piece of a part lies in, so that it can be parsed by itself."""

    def __init__(self, *starts: bytes) -> None:
        names = [re.split(rb"[\s>]", start[1:], maxsplit=1)[0] for start in starts]
        self._before = b"".join(starts)
        self._after = b"".join(b"</%b>" % name for name in reversed(names))

    def elements(self, piece: bytes, tag: str) -> Iterator[etree._Element]:
        """Give the piece's elements of a tag."""
        return streamed(BytesIO(self._before + piece + self._after), tag)
