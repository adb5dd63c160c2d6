"""The cell formats of a workbook as facts that can be compared, whatever way its writer spelled them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from outputs.xlsx.parts import local_name

#: Number formats that show a text and a number as they are.
GENERAL = "0"
TEXT = "49"

_OFF = {"0", "false", "off"}
#: What the text colour is called when nobody chose one.
_BLACK = {("auto", "1"), ("indexed", "8"), ("indexed", "64"), ("theme", "1")}
_FACE = {"name", "sz", "family", "charset", "scheme"}
_USUAL_SIZE_PT = 11.0

#: A part of a format, told by its elements and attributes.
Fact = tuple[object, ...]
_ValueT = TypeVar("_ValueT")
_LOCKED = (True, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFormat:
    """How a cell looks, by what a person sees of it."""

    number_format: str = GENERAL
    #: All of the font that speaks: bold, italic, underline, colour.
    emphasis: Fact = ()
    face: str = ""
    size_pt: float = _USUAL_SIZE_PT
    fill: Fact = ()
    #: One fact for each side that has a line.
    borders: frozenset[Fact] = frozenset()
    protection: Fact = _LOCKED
    horizontal: str = "general"
    vertical: str = "bottom"
    indent: str = "0"
    wraps: bool = False
    #: Turned, stacked or shrunk text.
    is_odd: bool = False
    #: The cell shows what is typed, `=` and all, and says so with a leading apostrophe.
    is_quoted: bool = False


def read_looks(styles: etree._Element) -> list[CellFormat]:
    """Read a workbook's cell formats, by their index."""
    fonts = [_font(each) for each in _children(styles, "fonts")]
    fills = [_fill(each) for each in _children(styles, "fills")]
    borders = [_borders(each) for each in _children(styles, "borders")]
    return [_format(each, fonts, fills, borders) for each in _children(styles, "cellXfs")]


def _format(
    xf: etree._Element,
    fonts: Sequence[tuple[Fact, str, float]],
    fills: Sequence[Fact],
    borders: Sequence[frozenset[Fact]],
) -> CellFormat:
    emphasis, face, size_pt = _nth(fonts, xf.get("fontId"), ((), "", _USUAL_SIZE_PT))
    parts = {local_name(child): child for child in xf}
    aligned = parts.get("alignment") if xf.get("applyAlignment") not in _OFF else None
    placed = {} if aligned is None else {str(name): str(value) for name, value in aligned.attrib.items()}
    return CellFormat(
        number_format=xf.get("numFmtId") or GENERAL,
        emphasis=emphasis,
        face=face,
        size_pt=size_pt,
        fill=_nth(fills, xf.get("fillId"), ()),
        borders=_nth(borders, xf.get("borderId"), frozenset()),
        protection=_protection(parts.get("protection")),
        horizontal=placed.get("horizontal", "general"),
        vertical=placed.get("vertical", "bottom"),
        indent=placed.get("indent", "0"),
        wraps=placed.get("wrapText", "0") not in _OFF,
        is_odd=placed.get("textRotation", "0") != "0" or placed.get("shrinkToFit", "0") not in _OFF,
        is_quoted=xf.get("quotePrefix", "0") not in _OFF,
    )


def _font(font: etree._Element) -> tuple[Fact, str, float]:
    said = {local_name(child): child for child in font}
    emphasis = tuple(
        (name, _colour(child) if name == "color" else child.get("val") or "1")
        for name, child in sorted(said.items())
        if name not in _FACE and child.get("val") not in _OFF | {"none", "baseline"}
    )
    face = said["name"].get("val") or "" if "name" in said else ""
    try:
        size_pt = float(said["sz"].get("val") or "") if "sz" in said else _USUAL_SIZE_PT
    except ValueError:
        size_pt = _USUAL_SIZE_PT
    return tuple(each for each in emphasis if each != ("color", ())), face.casefold(), size_pt


def _fill(fill: etree._Element) -> Fact:
    pattern = next((child for child in fill if local_name(child) == "patternFill"), None)
    if pattern is not None and (pattern.get("patternType") or "none") == "none":
        return ()
    return _fact(fill)


def _borders(border: etree._Element) -> frozenset[Fact]:
    return frozenset(
        (local_name(side), side.get("style"), *(_colour(child) for child in side))
        for side in border
        if (side.get("style") or "none") != "none"
    )


def _protection(protection: etree._Element | None) -> Fact:
    if protection is None:
        return _LOCKED
    return (protection.get("locked", "1") not in _OFF, protection.get("hidden", "0") not in _OFF)


def _colour(colour: etree._Element) -> Fact:
    """Tell a colour, () for the usual black."""
    said = tuple(sorted((str(name), str(value)) for name, value in colour.attrib.items()))
    is_black = len(said) == 1 and (said[0] in _BLACK or (said[0][0] == "rgb" and said[0][1].endswith("000000")))
    return () if is_black else said


def _fact(element: etree._Element) -> Fact:
    attributes = tuple(sorted((str(name), str(value)) for name, value in element.attrib.items()))
    return (local_name(element), attributes, *(_fact(child) for child in element))


def _children(styles: etree._Element, name: str) -> list[etree._Element]:
    group = next((child for child in styles if local_name(child) == name), None)
    kept = {"fonts": "font", "fills": "fill", "borders": "border", "cellXfs": "xf"}[name]
    return [] if group is None else [child for child in group if local_name(child) == kept]


def _nth(values: Sequence[_ValueT], index: str | None, usual: _ValueT) -> _ValueT:
    number = int(index) if index and index.isdecimal() else 0
    return values[number] if number < len(values) else usual
