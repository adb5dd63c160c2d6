"""The styles that cells and columns of ours need, beside the user's in the head of the content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from jobs.intake.odf.cell_styles import CellStyles
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.ods.markup import Markup

#: A column of so many characters is about so many centimetres wide.
_CM_PER_CHARACTER = 0.19
#: A sheet with more styles than this in its rows gets copy without a style rather than as many again.
_MOST_STYLES = 400
_OURS = re.compile(rb"""["']Skuscribe(\d{1,9})["']""")


class OurStyles:
    """Gives the names of styles of ours, and remembers them for the head."""

    def __init__(self, head: bytes, markup: Markup, styles: CellStyles) -> None:
        self._head = head
        self._markup = markup
        self._styles = styles
        self._elements: list[bytes] = []
        self._last = max((int(number) for number in _OURS.findall(head)), default=0)
        self._wrapped: dict[bytes, bytes] = {}
        self._widths: dict[float, bytes] = {}
        seen = shadow(head)
        style = rb"%b(?:(?<=/>)|(.*?)%b)" % (markup.start_tag("style", b"style"), markup.end_tag("style", b"style"))
        self._users: dict[bytes, bytes] = {}
        #: Styles of ours that an earlier run left, by all but their name.
        self._earlier: dict[bytes, bytes] = {}
        for found in re.finditer(style, seen, re.DOTALL):
            name = markup.value(found[1], "style:name") or b""
            element = head[found.start() : found.end()]
            if markup.value(found[1], "style:family") == b"table-cell":
                self._users[name] = element
            if name.startswith(b"Skuscribe"):
                self._earlier[markup.without(element, "style:name")] = name

    def prepare(self, names: Iterable[bytes]) -> None:
        """Make ready for rows with these styles; it must be done before the head is written."""
        for name in sorted({b"", *names})[:_MOST_STYLES]:
            if self._suits_text(name):
                self._wrapped[name] = self._wrapping(name)

    def text_style(self, names: Counter[bytes]) -> bytes:
        """Choose for copy: the most frequent style of a row that suits text, made to wrap."""
        suited = [name for name, _ in names.most_common() if name in self._wrapped]
        return self._wrapped.get(suited[0] if suited else b"", b"")

    def number_style(self, names: Counter[bytes]) -> bytes:
        """Choose for numbers: the most frequent style of a row that shows numbers as they are, b"" when none does."""
        return next((name for name, _ in names.most_common() if self._is_plain(name)), b"")

    def column(self, characters: float) -> bytes:
        """Give the style of a column of a width."""
        if characters not in self._widths:
            n = self._markup.name
            self._widths[characters] = self._new(
                b"table-column",
                b'<%b %b="%.2fcm"/>'
                % (n("style:table-column-properties"), n("style:column-width"), characters * _CM_PER_CHARACTER),
            )
        return self._widths[characters]

    def head(self) -> bytes:
        """Give the head of the content with the styles of ours."""
        if not self._elements:
            return self._head
        ours = b"".join(self._elements)
        seen = shadow(self._head)
        group = b"automatic-styles"
        ends = list(re.finditer(self._markup.end_tag("office", group), seen))
        if ends:
            return self._head[: ends[-1].start()] + ours + self._head[ends[-1].start() :]
        name = self._markup.name("office:automatic-styles")
        whole = b"<%b>%b</%b>" % (name, ours, name)
        empty = list(re.finditer(self._markup.start_tag("office", group), seen))
        if empty:
            return self._head[: empty[-1].start()] + whole + self._head[empty[-1].end() :]
        return self._head + whole

    def _is_plain(self, name: bytes) -> bool:
        return self._styles.is_plain(name.decode("utf-8", "replace"))

    def _suits_text(self, name: bytes) -> bool:
        return self._is_plain(name) or self._styles.is_text(name.decode("utf-8", "replace"))

    def _wrapping(self, name: bytes) -> bytes:
        """Give a style that looks like the user's and wraps; the user's own when it does already."""
        n = self._markup.name
        wraps = b'%b="wrap"' % n("fo:wrap-option")
        user = self._users.get(name)
        declared = self._markup.declaring("fo")
        if user is None:
            parent = name or (b"Default" if self._styles.has_cell_style("Default") else b"")
            inherits = b' %b="%b"' % (n("style:parent-style-name"), parent) if parent else b""
            return self._new(
                b"table-cell", b"<%b%b %b/>" % (n("style:table-cell-properties"), declared, wraps), inherits
            )
        return name if wraps in user else self._add(self._wrapped_copy(user, declared + b" " + wraps))

    def _wrapped_copy(self, user: bytes, wraps: bytes) -> tuple[bytes, bytes]:
        """Copy a style with wrapping on and without the conditions that it puts other styles on by."""
        mark = self._markup
        tag = re.compile(mark.start_tag("style", b"style"))
        start = tag.match(user)
        attributes, inner = (start[1], user[start.end() :]) if start else (b"", b"")
        inner = re.sub(rb"%b$" % mark.end_tag("style", b"style"), b"", inner)
        inner = re.sub(rb"%b(?:%b)?" % (mark.start_tag("style", b"map"), mark.end_tag("style", b"map")), b"", inner)
        properties = re.compile(mark.start_tag("style", b"table-cell-properties"))
        found = properties.search(inner)
        if found:
            bare = mark.without(found[1], "fo:wrap-option").rstrip()
            slash = b"/" if bare.endswith(b"/") else b""
            bare = bare.removesuffix(b"/").rstrip() + wraps + slash
            inner = inner[: found.start(1)] + bare + inner[found.end(1) :]
        else:
            inner = b"<%b%b/>%b" % (mark.name("style:table-cell-properties"), wraps, inner)
        return attributes.removesuffix(b"/").rstrip(), inner

    def _new(self, family: bytes, properties: bytes, inherits: bytes = b"") -> bytes:
        family = b' %b="%b"' % (self._markup.name("style:family"), family)
        return self._add((family + inherits, properties))

    def _add(self, style: tuple[bytes, bytes]) -> bytes:
        """Keep a style, its attributes and what it holds, for the head under a free name, unless it is there."""
        attributes, inner = style
        mark = self._markup
        tag = mark.name("style:style")
        attributes = mark.without(attributes, "style:name") + mark.declaring("style")
        nameless = b"<%b%b>%b</%b>" % (tag, attributes, inner, tag)
        if nameless not in self._earlier:
            self._last += 1
            name = b"Skuscribe%d" % self._last
            self._earlier[nameless] = name
            attributes = mark.with_value(attributes, "style:name", name)
            self._elements.append(b"<%b%b>%b</%b>" % (tag, attributes, inner, tag))
        return self._earlier[nameless]
