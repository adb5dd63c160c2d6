"""The text of an OpenDocument cell: its paragraphs, without comments and pictures."""

from __future__ import annotations

from lxml import etree

from jobs.intake.odf.names import TEXT

PARAGRAPH = f"{TEXT}p"
_HEADING = f"{TEXT}h"
_SPACES = f"{TEXT}s"
#: Nobody types more spaces in a row.
_MOST_SPACES = 1_000
_CHARACTERS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
#: What stands in a text but is none of it.
_ASIDE = frozenset({f"{TEXT}note", f"{TEXT}ruby-text", f"{TEXT}bookmark"})


def cell_text(cell: etree._Element) -> str:
    """Join a cell's paragraphs, a line each."""
    if len(cell) == 1:
        only = cell[0]
        if only.tag == PARAGRAPH and not len(only):
            return only.text or ""
    return "\n".join(_paragraph(part) for part in cell if part.tag in {PARAGRAPH, _HEADING})


def _paragraph(element: etree._Element) -> str:
    pieces = [element.text or ""]
    for part in element:
        tag = part.tag
        if tag == _SPACES:
            told = part.get(f"{TEXT}c", "1")
            pieces.append(" " * min(int(told) if told.isascii() and told.isdecimal() else 1, _MOST_SPACES))
        elif tag in _CHARACTERS:
            pieces.append(_CHARACTERS[tag])
        elif str(tag).startswith(TEXT) and tag not in _ASIDE:
            pieces.append(_paragraph(part))
        pieces.append(part.tail or "")
    return "".join(pieces)
