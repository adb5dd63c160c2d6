"""What kind of XML a file is, by its first element."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from templates.errors import UserError

ATOM = "http://www.w3.org/2005/Atom"

_START = re.compile(r"<(\?xml\b|!--|(rss|feed|rdf:RDF|urlset|sitemapindex|(ss:)?Workbook)[\s>])", re.IGNORECASE)
_WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_TABLE = "Export the products as a Google Merchant feed, .csv or .xlsx."


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedKind:
    """A kind of feed with products in it."""

    #: Local name of what holds a product.
    item: str
    #: How deep an item stands at most, the first element being 0.
    depth: int
    #: The same without products.
    otherwise: str


_FEEDS = {
    "rss": FeedKind(item="item", depth=2, otherwise="an RSS news feed"),
    "feed": FeedKind(item="entry", depth=1, otherwise="an Atom news feed"),
}
#: Other XML, by the local name of its first element: what it is, and what to do.
_OTHERS: Mapping[str, tuple[str, str]] = {
    "Workbook": ("an XML Spreadsheet 2003", "Open it in a spreadsheet program and save it as .xlsx."),
    "gnumeric": ("a Gnumeric workbook", "Open it in a spreadsheet program and save it as .xlsx or .ods."),
    "RDF": ("an RSS 1.0 or RDF file", _TABLE),
    "urlset": ("a sitemap", _TABLE),
    "sitemapindex": ("a list of sitemaps", _TABLE),
    "html": ("an HTML page", _TABLE),
    "yml_catalog": ("a Yandex feed (YML)", _TABLE),
    "wordDocument": ("a Word document", _TABLE),
    "package": ("an Office document in one XML file", "Save it as .xlsx."),
    "svg": ("an SVG picture", _TABLE),
    "plist": ("a property list", _TABLE),
}


def is_xml(start: bytes) -> bool:
    """Whether a file that starts so is XML; text whose first cell is in angle brackets is not."""
    codec = _WIDE.get(start[:2], "utf-8")
    head = start[:200].removeprefix(codecs.BOM_UTF8).decode(codec, "ignore")
    return bool(_START.match(head.lstrip("\ufeff \t\r\n")))


def feed_kind(path: Path, tag: str, doctype: str) -> FeedKind:
    """Say which kind of feed has this first element.

    Raises:
        UserError: it is none; the message names what it is when that is known.
    """
    local = tag.rpartition("}")[2]
    if local == "html" or doctype.casefold().startswith("<!doctype html"):
        local = "html"
    elif doctype:
        raise UserError(
            f"{path.name} declares a document type (DTD), which no product feed needs.",
            fix="Take the line that begins with <!DOCTYPE out, and check where the file is from.",
            code="source",
        )
    if local in _FEEDS:
        return _FEEDS[local]
    if "gnumeric" in tag:
        local = "gnumeric"
    what, fix = _OTHERS.get(local, (f"an XML file whose first element is <{local[:60]}>", _TABLE))
    raise UserError(f"{path.name} is {what}, not a product feed.", fix=fix, code="source")
