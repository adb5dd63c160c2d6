"""Number styles of an OpenDocument file, as the format codes that workbooks write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from jobs.intake.odf.names import LOEXT, NUMBER, STYLE

KINDS = frozenset(
    f"{NUMBER}{kind}-style" for kind in ("number", "currency", "percentage", "date", "time", "boolean", "text")
)
#: More placeholders than any number has digits are a slip, or an attack.
_MOST_DIGITS = 30
_GROUP = 3
_DATE_PARTS = {"day", "month", "year", "era", "day-of-week", "week-of-year", "quarter"}
#: Maps that are no conditions of the user's, but the signs that a code's sections stand for.
_SIGNS = (["value()>=0"], ["value()>0", "value()<0"], ["value()>0", "value()<0", "value()=0"])


def format_code(style: etree._Element, styles: Mapping[str, etree._Element]) -> str:
    """Write a number style and those that it refers to by a condition as one format code."""
    sections = []
    conditions = []
    for choice in style.iterchildren(f"{STYLE}map"):
        target = styles.get(choice.get(f"{STYLE}apply-style-name", ""))
        if target is not None and target is not style:
            conditions.append("".join(choice.get(f"{STYLE}condition", "").split()))
            sections.append(_section(target))
    if conditions not in _SIGNS:
        sections = [
            f"[{condition.removeprefix('value()').replace('!=', '<>')}]{section}"
            for condition, section in zip(conditions, sections, strict=True)
        ]
    return ";".join([*sections, _section(style)])


def _section(style: etree._Element) -> str:
    kind = str(style.tag).removeprefix(NUMBER)
    if kind in {"date-style", "time-style"}:
        return _clock(style)
    return "".join(_piece(part, is_percentage=kind == "percentage-style") for part in style)


def _piece(part: etree._Element, *, is_percentage: bool) -> str:
    kind = str(part.tag).removeprefix(NUMBER)
    if kind in _PIECES:
        return _PIECES[kind](part)
    if kind not in {"text", "currency-symbol"}:
        return ""
    text = part.text or ""
    if is_percentage and "%" in text:
        before, _, after = text.partition("%")
        return f"{_quoted(before)}%{_quoted(after)}"
    return _quoted(text)


def _quoted(text: str) -> str:
    return "\\".join(["", *text]) if text else ""


def _number(part: etree._Element) -> str:
    most = _count(part, "decimal-places", -1)
    least = _count(part, "min-decimal-places", most)
    digits = _count(part, "min-integer-digits", 0)
    has_groups = part.get(f"{NUMBER}grouping") == "true"
    if most < 0 and digits <= 1 and not has_groups:
        return "General"
    whole = "0" * digits
    if has_groups:
        whole = whole.rjust(_GROUP + 1, "#")
        whole = f"{whole[:-_GROUP]},{whole[-_GROUP:]}"
    else:
        whole = _with_texts(whole or "#", part)
    fraction = "0" * min(least, most) + "#" * (most - least)
    return whole + (f".{fraction}" if fraction else "") + _thousands(part)


def _with_texts(digits: str, part: etree._Element) -> str:
    """Put the texts that stand between digits in their places, counted from the decimal point."""
    for text in part.iterchildren(f"{NUMBER}embedded-text"):
        place = _count(text, "position", 0)
        slots = [at for at, char in enumerate(digits) if char in "0#" and digits[max(0, at - 1) : at] != "\\"]
        if place <= 0 or place >= len(slots):
            continue
        at = slots[-place]
        digits = digits[:at] + _quoted(text.text or "") + digits[at:]
    return digits


def _thousands(part: etree._Element) -> str:
    """Write the commas that divide by a thousand each."""
    factor = part.get(f"{NUMBER}display-factor", "1")
    return "," * ((len(factor) - 1) // _GROUP) if factor.strip("0") == "1" and len(factor) <= _MOST_DIGITS else ""


def _scientific(part: etree._Element) -> str:
    most = max(0, _count(part, "decimal-places", 2))
    sign = "-" if part.get(f"{NUMBER}forced-exponent-sign") == "false" else "+"
    whole = max(1, _count(part, "min-integer-digits", 1), _count(part, "exponent-interval", 1))
    whole_digits = "0".rjust(whole, "#")
    exponent = "0" * max(1, _count(part, "min-exponent-digits", 2))
    return f"{whole_digits}{'.' if most else ''}{'0' * most}E{sign}{exponent}"


def _clock(style: etree._Element) -> str:
    """Write what a date or time style shows, in the one form that all dates are shown in."""
    parts = [str(part.tag).removeprefix(NUMBER) for part in style]
    has_date = not _DATE_PARTS.isdisjoint(parts)
    units = [part[0] for part in parts if part in {"hours", "minutes", "seconds"}]
    if has_date:
        return "yyyy-mm-dd hh:mm:ss" if units else "yyyy-mm-dd"
    if style.get(f"{NUMBER}truncate-on-overflow") == "false" and units:
        return {"h": "[h]:mm:ss", "m": "[m]:ss", "s": "[s]"}[units[0]]
    return "mm:ss" if units and "h" not in units else "hh:mm:ss"


def _count(part: etree._Element, name: str, missing: int) -> int:
    told = part.get(f"{NUMBER}{name}") or part.get(f"{LOEXT}{name}") or ""
    return min(int(told), _MOST_DIGITS) if told.isascii() and told.isdecimal() else missing


_PIECES: dict[str, Callable[[etree._Element], str]] = {
    "number": _number,
    "scientific-number": _scientific,
    "fraction": lambda _: "# ?/?",
    "text-content": lambda _: "@",
}
