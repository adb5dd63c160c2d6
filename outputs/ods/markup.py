"""Tags of an OpenDocument part as bytes, by the prefixes that the file itself declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jobs.intake.odf.names import CALCEXT_URI, FO_URI, OFFICE_URI, STYLE_URI, TABLE_URI, TEXT_URI
from jobs.intake.ooxml.sheet_scan import shadow

#: Name spaces by the prefix that they have in nearly every file.
_URIS = {
    "table": TABLE_URI,
    "office": OFFICE_URI,
    "text": TEXT_URI,
    "style": STYLE_URI,
    "fo": FO_URI,
    "calcext": CALCEXT_URI,
}
#: What stands in a start tag behind the name; a `>` in a value does not end it.
ATTRIBUTES = rb"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+"""
_ROOT = re.compile(rb"<[\w.-]+(?::[\w.-]+)?(?=[\s/>])(%b)>" % ATTRIBUTES)
_DECLARED = re.compile(rb"""\sxmlns(?::([\w.-]+))?\s*=\s*["']([^"']*)["']""")


_TAG = re.compile(rb"<(/?)([\w.-]+(?::[\w.-]+)?)(?=[\s/>])(%b)>" % ATTRIBUTES)


class Markup:
    """Names elements and attributes as the file does."""

    def __init__(self, start: bytes) -> None:
        root = _ROOT.search(start)
        declared = _DECLARED.findall(root[1]) if root else []
        self._elements: dict[str, bytes] = {}
        self._prefixes: dict[str, bytes] = {}
        self._names: dict[str, bytes] = {}
        #: As `_repeated`, for the few forms that recur in all rows.
        self.repeated = lru_cache(maxsize=4096)(self._repeated)
        for usual, uri in _URIS.items():
            bound = [prefix for prefix, named in declared if named == uri.encode()]
            self._elements[usual] = b"(?:%b)" % b"|".join(
                re.escape(prefix + b":" if prefix else b"") for prefix in bound
            )
            named = [prefix for prefix in bound if prefix]
            if named:
                self._prefixes[usual] = named[0] + b":"

    def knows(self, usual: str) -> bool:
        """Whether the file declares a name space."""
        return usual in self._prefixes

    def name(self, qualified: str) -> bytes:
        """Give `table:table-cell` as the file would write it; for one that it does not declare, see `declaring`."""
        if qualified not in self._names:
            usual, _, local = qualified.partition(":")
            self._names[qualified] = self._prefixes.get(usual, usual.encode() + b":") + local.encode()
        return self._names[qualified]

    def declaring(self, *usual: str) -> bytes:
        """Declare those name spaces that the file does not, for an element of ours."""
        return b"".join(
            b' xmlns:%b="%b"' % (each.encode(), _URIS[each].encode()) for each in usual if not self.knows(each)
        )

    def start_tag(self, usual: str, local: bytes) -> bytes:
        """Give the pattern of a start tag, its attributes (and a closing slash) in one group."""
        return rb"<%b%b(?=[\s/>])(%b)>" % (self._elements[usual], local, ATTRIBUTES)

    def end_tag(self, usual: str, local: bytes) -> bytes:
        """Give the pattern of an end tag."""
        return rb"</%b%b\s*>" % (self._elements[usual], local)

    def value(self, attributes: bytes, qualified: str) -> bytes | None:
        """Give an attribute's value as it is written, None when it is not there."""
        found = _attribute(self.name(qualified)).search(attributes)
        return found[2] if found else None

    def without(self, attributes: bytes, *qualified: str) -> bytes:
        """Take attributes away."""
        for each in qualified:
            attributes = _attribute(self.name(each)).sub(b"", attributes)
        return attributes

    def with_value(self, attributes: bytes, qualified: str, value: bytes) -> bytes:
        """Set an attribute: in its place when it is there, else before a closing slash."""
        found = _attribute(self.name(qualified)).search(attributes)
        if found:
            return attributes[: found.start(2)] + value + attributes[found.end(2) :]
        bare = attributes.rstrip()
        slash = b"/" if bare.endswith(b"/") else b""
        return b'%b %b="%b"%b' % (bare.removesuffix(b"/").rstrip(), self.name(qualified), value, slash)

    def _repeated(self, attributes: bytes, qualified: str, times: int) -> bytes:
        """Say in an element's attributes how often it stands; the same bytes when they say so already."""
        if times == 1:
            return self.without(attributes, qualified)
        return self.with_value(attributes, qualified, b"%d" % times)


def children(inner: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the elements that lie side by side in an element's content: their names, and all their bytes."""
    depth, start, name = 0, 0, b""
    for tag in _TAG.finditer(shadow(inner)):
        if not depth and not tag[1]:
            start, name = tag.start(), tag[2]
        depth += -1 if tag[1] else 0 if tag[3].endswith(b"/") else 1
        if not depth:
            yield name, inner[start : tag.end()]


@lru_cache(maxsize=256)
def _attribute(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"""\s+%b\s*=\s*(["'])((?:(?!\1).)*)\1""" % re.escape(name), re.DOTALL)


def count(value: bytes | None, most: int) -> int:
    """Read how often an element is repeated."""
    return max(1, min(int(value), most)) if value and value.isdigit() else 1
