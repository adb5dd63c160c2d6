"""Cells of ours for an OpenDocument row, new ones or in the place of the user's."""

from __future__ import annotations

import re
from functools import lru_cache

from outputs.ods.markup import Markup, children
from outputs.ods.row_cells import REPEATED, Cell

#: What says the value of a cell, and goes when it gets another.
_VALUE_ATTRIBUTES = (
    "office:value-type",
    "office:value",
    "office:date-value",
    "office:time-value",
    "office:boolean-value",
    "office:string-value",
    "office:currency",
    "calcext:value-type",
    REPEATED,
)
#: Spaces that XML readers fold, and tabs.
_RUN = re.compile(r"^ +| +$|(?<= ) +|\t", re.MULTILINE)
_FOLDED = re.compile(r"  |^ | $|\t", re.MULTILINE)


class CellWriter:
    """Writes cells in a file's own names and encoding."""

    def __init__(self, markup: Markup, encoding: str) -> None:
        self.markup = markup
        self._encoding = encoding
        name, declared = markup.name, markup.declaring("text")
        self._start = b"<%b%b>" % (name("text:p"), declared)
        self._end = b"</%b>" % name("text:p")
        self._between = f"{self._end.decode()}{self._start.decode()}"
        self._tab = f"<{name('text:tab').decode()}{declared.decode()}/>"
        self._spaces = f'<{name("text:s").decode()}{declared.decode()} {name("text:c").decode()}="%d"/>'
        office = markup.declaring("office")
        self._string = b'%b %b="string"' % (office, name("office:value-type"))
        self._float = b'%b %b="float" %b="' % (office, name("office:value-type"), name("office:value"))
        self._kept = lru_cache(maxsize=4096)(self._kept_attributes)

    def text(self, cell: Cell | None, style: bytes, text: str) -> bytes:
        """Write a clean text, a paragraph for each line; it is never a formula."""
        return self._whole(cell, style, self._string, self._start + self._paragraphs(text) + self._end)

    def number(self, cell: Cell | None, style: bytes, digits: str) -> bytes:
        """Write a number."""
        raw = digits.encode()
        return self._whole(cell, style, b'%b%b"' % (self._float, raw), b"".join((self._start, raw, self._end)))

    def blank(self, cell: Cell | None, style: bytes) -> bytes:
        """Write a cell that holds nothing but its format."""
        return self._whole(cell, style, b"", b"")

    def gap(self, columns: int) -> bytes:
        """Write empty cells."""
        times = b' %b="%d"' % (self.markup.name(REPEATED), columns) if columns > 1 else b""
        return b"<%b%b/>" % (self.markup.name("table:table-cell"), times)

    def _whole(self, cell: Cell | None, style: bytes, value: bytes, inner: bytes) -> bytes:
        """Put value and text into an element: of the user's cell all else stays, comments and pictures among it."""
        tag = cell.tag if cell else b"<" + self.markup.name("table:table-cell")
        start = tag + self._kept(cell.attributes if cell else b"", style) + value
        if cell and cell.inner:
            words = self.markup.name("text:")
            inner = b"".join(child for name, child in children(cell.inner) if not name.startswith(words)) + inner
        return b"%b>%b</%b>" % (start, inner, tag[1:]) if inner else start + b"/>"

    def _kept_attributes(self, attributes: bytes, style: bytes) -> bytes:
        """Give the attributes of a cell without what says its value, and with a style."""
        kept = self.markup.without(attributes, *_VALUE_ATTRIBUTES).rstrip().removesuffix(b"/").rstrip()
        return self.markup.with_value(kept, "table:style-name", style) if style else kept

    def _paragraphs(self, text: str) -> bytes:
        """Write lines; spaces that XML readers fold, and tabs, are elements."""
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if _FOLDED.search(text):
            text = _RUN.sub(self._element, text)
        return text.replace("\n", self._between).encode(self._encoding, "xmlcharrefreplace")

    def _element(self, run: re.Match[str]) -> str:
        return self._tab if run[0] == "\t" else self._spaces % len(run[0])
