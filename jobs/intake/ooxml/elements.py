"""Elements of a part of a workbook, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from lxml import etree


def streamed(file: IO[bytes], *tags: str) -> Iterator[etree._Element]:
    """Give each whole element with one of the tags, and free it once the next one is asked for.

    Entities are not resolved and nothing is fetched: a workbook needs neither.
    """
    for _, element in etree.iterparse(
        file, tag=tags, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    ):
        yield element
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
