"""The items of a feed, streamed."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from jobs.intake.feed.kinds import FeedKind, feed_kind
from templates.errors import UserError

_CHUNK_BYTES = 1 << 18
#: No item is as long, and no feed says as much before, between or after its items.
_MOST_ITEM_BYTES = 8 << 20
#: Entities are not resolved and nothing is fetched.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}
#: The first element, when it does not say what `g:` stands for.
_WITHOUT_PREFIX = re.compile(rb"<(?:rss|feed)(?=[\s>])(?![^>]*\sxmlns:g\s*=)")
_PREFIX = b' xmlns:g="http://base.google.com/ns/1.0"'


def read_kind(path: Path) -> FeedKind:
    """Find out the kind of a feed.

    Raises:
        UserError: it is no feed, or damaged.
    """
    with _told_to_the_user(path):
        parser = etree.XMLPullParser(events=("start",), **_SAFE)
        for _ in _fed(path, parser):
            for element in _parsed(parser):
                return feed_kind(path, str(element.tag), element.getroottree().docinfo.doctype)
        parser.close()
    raise _too_long(path)


def items(path: Path, kind: FeedKind) -> Iterator[etree._Element]:
    """Give each item whole, and free it once the next one is asked for.

    Raises:
        UserError: the file is damaged, or an item is longer than any.
    """
    with _told_to_the_user(path):
        parser = etree.XMLPullParser(events=("end",), tag=f"{{*}}{kind.item}", **_SAFE)
        unparsed = 0
        for fed in _fed(path, parser):
            unparsed += fed
            for element in _parsed(parser):
                unparsed = 0
                parent = element.getparent()
                if _depth(element) <= kind.depth:
                    yield element
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
            if unparsed > _MOST_ITEM_BYTES:
                raise _too_long(path)
        parser.close()


def _fed(path: Path, parser: etree.XMLPullParser) -> Iterator[int]:
    """Feed the parser chunk by chunk; some shops send blank lines before the XML begins, or forget Google's prefix."""
    with path.open("rb") as file:
        chunk = file.read(_CHUNK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
        chunk = _WITHOUT_PREFIX.sub(rb"\g<0>" + _PREFIX, chunk, count=1)
        while chunk:
            parser.feed(chunk)
            yield len(chunk)
            chunk = file.read(_CHUNK_BYTES)


def _parsed(parser: etree.XMLPullParser) -> Iterator[Any]:
    return (element for _, element in parser.read_events())


def _depth(element: etree._Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _too_long(path: Path) -> UserError:
    return UserError(
        f"{path.name} has an item, or text between two items, of more than {_MOST_ITEM_BYTES >> 20} MB.",
        fix="Check the program that made the feed, or save the products as .csv or .xlsx.",
        code="source",
    )


@contextmanager
def _told_to_the_user(path: Path) -> Iterator[None]:
    try:
        yield
    except etree.XMLSyntaxError as error:
        line, reason = _where_and_why(error)
        raise UserError(
            f"{path.name}, line {line}: the XML is damaged or cut off ({reason}).",
            fix="Export the feed again, or correct that line: & is written &amp; there, and < is written &lt;.",
            code="source",
        ) from error
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"{path} cannot be read: {why}.", fix="Check the disk or the share.", code="source") from error


def _where_and_why(error: etree.XMLSyntaxError) -> tuple[int, str]:
    """Give the line and libxml2's own words; an entity that is not declared is told only in its log."""
    line, reason = error.lineno or 0, str(error.msg).partition(", line ")[0]
    log: Any = error.error_log
    told = log.last_error
    if not line and told is not None:
        line, reason = told.line, told.message
    return max(line, 1), " ".join(reason.split())[:200].rstrip(".")
