"""Which cell formats of a workbook suit text and numbers of ours; none is ever added to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from outputs.xlsx.looks import GENERAL, TEXT, CellFormat, read_looks
from outputs.xlsx.parts import Parts

#: Fonts that differ by more than this do not stand well in one row.
_SIZE_PT = 1.0
#: A row's cells tell their formats; rows of one table have few different ones.
_MOST_REMEMBERED = 4096

#: A cell of the user's: its format's index, "" for none, and its type.
Styled = tuple[bytes, bytes]
_TEXT_TYPES = {b"s", b"inlineStr", b"str"}


class RowStyle(NamedTuple):
    """The formats of our cells in a row, by their index; "" where the cell tells none."""

    text: str
    number: str
    #: Whether long text shows on several lines.
    wraps: bool
    #: Of the text's font.
    size_pt: float


class Formats:
    """Chooses among the formats of a workbook."""

    def __init__(self, formats: Sequence[CellFormat] = ()) -> None:
        self._formats = formats
        self._remembered: dict[tuple[Styled, ...], RowStyle] = {}

    def of_row(self, cells: Sequence[Styled]) -> RowStyle:
        """Choose for a row by its cells.

        Text takes the format of most of the row's texts, or its wrapping twin: the same look in the workbook's own
        formats, with line breaks. Dates, currencies and percents of the row are for neither.
        """
        key = tuple(cells)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._chosen(key)
        return found

    def over(self, style: bytes, row: RowStyle) -> RowStyle:
        """Choose for an empty cell of the user's that has a format of its own."""
        index = self._index(style)
        if index is None or not _shows_text(self._formats[index]):
            return row
        text = self._wrapping(index)
        number = index if _shows_numbers(self._formats[index]) else self._for_numbers(index)
        return self._row_style(text, row.number if number is None else _named(number))

    def _chosen(self, cells: Sequence[Styled]) -> RowStyle:
        texts = [style for style, kind in cells if kind in _TEXT_TYPES]
        base = self._most_frequent(texts, _shows_text)
        if base is None:
            base = self._most_frequent([style for style, _ in cells], _shows_text)
        if base is None:
            return RowStyle("", "", wraps=False, size_pt=0)
        text = self._wrapping(base)
        number = self._for_numbers(base)
        if number is None:
            number = self._most_frequent([style for style, _ in cells], _shows_numbers) or 0
        return self._row_style(text, _named(number))

    def _row_style(self, text: int, number: str) -> RowStyle:
        chosen = self._formats[text]
        return RowStyle(_named(text), number, wraps=chosen.wraps, size_pt=chosen.size_pt)

    def _most_frequent(self, styles: Sequence[bytes], suits: Callable[[CellFormat], bool]) -> int | None:
        known = [index for style in styles if (index := self._index(style)) is not None]
        suited = [index for index in known if suits(self._formats[index])]
        return max(suited, key=suited.count) if suited else None

    def _wrapping(self, base: int) -> int:
        """Give the format that looks like `base` and wraps; `base` itself when the workbook has none."""
        if self._formats[base].wraps:
            return base
        found = self._nearest(base, lambda each: each.wraps and _shows_text(each), ("top",))
        return base if found is None else found

    def _for_numbers(self, base: int) -> int | None:
        if _shows_numbers(self._formats[base]) and self._formats[base].horizontal in {"general", "right"}:
            return base
        return self._nearest(
            base, lambda each: _shows_numbers(each) and each.horizontal in {"general", "right"}, (), any_side=True
        )

    def _nearest(
        self, base: int, suits: Callable[[CellFormat], bool], vertical: tuple[str, ...], *, any_side: bool = False
    ) -> int | None:
        like = self._formats[base]
        twins = [
            index
            for index, each in enumerate(self._formats)
            if suits(each)
            and _is_alike(each, like)
            and (any_side or each.horizontal in {like.horizontal, "general", "left"})
        ]
        order = (*vertical, like.vertical)
        return min(twins, key=lambda index: (*_distance(self._formats[index], like, order), index), default=None)

    def _index(self, style: bytes) -> int | None:
        index = int(style or 0)
        return index if index < len(self._formats) else None


def header_style(styles: Sequence[bytes]) -> bytes:
    """Choose for new headers: the last header's format that another header has too, else the last one's.

    A table's last header may have a frame's right edge, or be a helper's in white on white.
    """
    return next((style for style in reversed(styles) if styles.count(style) > 1), styles[-1] if styles else b"")


def read_formats(parts: Parts) -> Formats:
    """Read the cell formats of the workbook's styles; none when it has no such part."""
    name = next(parts.related(parts.workbook(), "styles"), "")
    root = parts.xml(name) if name else None
    return Formats() if root is None else Formats(read_looks(root))


def _shows_text(each: CellFormat) -> bool:
    return each.number_format in {GENERAL, TEXT} and not each.is_quoted


def _shows_numbers(each: CellFormat) -> bool:
    return each.number_format == GENERAL and not each.is_quoted


def _is_alike(each: CellFormat, like: CellFormat) -> bool:
    """Tell whether a person would take a cell of this format for one of the row's, no header and no warning."""
    return (
        each.emphasis == like.emphasis
        and each.fill == like.fill
        and each.protection == like.protection
        and each.borders <= like.borders
        and abs(each.size_pt - like.size_pt) <= _SIZE_PT
        and not each.is_odd
    )


def _distance(each: CellFormat, like: CellFormat, vertical: Sequence[str]) -> tuple[float, ...]:
    return (
        each.face != like.face,
        abs(each.size_pt - like.size_pt),
        len(like.borders) - len(each.borders),
        each.horizontal != like.horizontal,
        each.indent != like.indent,
        vertical.index(each.vertical) if each.vertical in vertical else len(vertical),
        each.number_format != like.number_format,
    )


def _named(index: int) -> str:
    """Give a format's index as a cell tells it; the first one need not be told."""
    return str(index) if index else ""
