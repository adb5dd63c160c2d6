"""Our texts made such that a cell of a workbook holds them, with a note of what that took."""

from __future__ import annotations

from outputs.cell_text import cleaned, cut, one_line_break
from outputs.notes import WriteNotes


def mended(text: str, row: int, header: str, notes: WriteNotes) -> str:
    """Give a text without what XML cannot carry, with the line breaks of cells, and no longer than a cell."""
    clean = cleaned(text)
    if clean is not text:
        notes.add_cleaned(row, header)
    whole = one_line_break(clean)
    short = cut(whole)
    if short is not whole:
        notes.add_cut(row, header)
    return short
