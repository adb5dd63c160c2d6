"""Number format codes: what `#,##0.00 "kg";[Red]-0` makes of a number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from jobs.intake.numbers.date_text import Clock, read_clock
from jobs.intake.numbers.digits import Digits, read_digits
from jobs.intake.numbers.general import general

#: One piece of a code: quoted, escaped, space of a width, fill, bracketed, words, or a single character.
_PIECE = re.compile(
    r"""
      "(?P<quoted>[^"]*)"?
    | \\(?P<escaped>.)
    | _(?P<space>.)
    | \*(?P<fill>.)
    | \[(?P<bracket>[^\]]*)\]?
    | (?P<word>General|AM/PM|A/P|E[+-])
    | (?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+(?:\.0+)?)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_ELAPSED = re.compile(r"[hH]+|[mM]+|[sS]+")
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": Decimal.__lt__,
    "<=": Decimal.__le__,
    ">": Decimal.__gt__,
    ">=": Decimal.__ge__,
    "=": Decimal.__eq__,
    "<>": Decimal.__ne__,
}
#: A section for each sign; a fourth one is for text.
_SIGNED_SECTIONS = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a section: `literal`, `date`, `elapsed`, `word` or `other`, and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    shape: Digits | Clock | None
    before: str
    after: str
    condition: tuple[Callable[[Decimal, Decimal], bool], Decimal] | None

    def show(self, number: Decimal) -> str:
        """Show a number without its sign, but for a clock, which needs it."""
        if self.shape is None:
            return f"{self.before}{general(str(number))}{self.after}"
        return self.shape.show(number)


def compile_format(code: str, *, dates_from_1904: bool) -> Callable[[Decimal], str] | None:
    """Read a format code; None when it shows numbers as they are (General, text, fractions)."""
    parted = _parted(code)
    if parted == [[]]:
        return None
    sections = [_section(pieces, dates_from_1904=dates_from_1904) for pieces in parted[:_SIGNED_SECTIONS]]
    if all(section.shape is None and not (section.before or section.after) for section in sections):
        return None

    only = sections[0] if len(sections) == 1 and sections[0].condition is None else None

    def text(number: Decimal) -> str:
        section, is_signed = (only, True) if only else _choose(sections, number)
        if isinstance(section.shape, Clock):
            return section.show(number)
        shown = section.show(abs(number)).strip()
        if number < 0 and is_signed and any(char.isdigit() and char != "0" for char in shown):
            return f"-{shown}"
        return shown

    return text


def _parted(code: str) -> list[list[Piece]]:
    """Part a code into its sections at the semicolons that are no text."""
    sections: list[list[Piece]] = [[]]
    for match in _PIECE.finditer(code):
        kind, text = str(match.lastgroup), match[match.lastgroup or 0]
        if kind == "other" and text == ";":
            sections.append([])
        elif kind in {"quoted", "escaped"}:
            sections[-1].append(Piece("literal", text))
        elif kind == "space":
            sections[-1].append(Piece("literal", " "))
        elif kind == "bracket":
            sections[-1].extend(_bracketed(text))
        elif kind != "fill":
            sections[-1].append(Piece(kind, text))
    return sections


def _bracketed(text: str) -> list[Piece]:
    """Read what stands in brackets: a currency, elapsed time or a condition; colours show nothing."""
    if text.startswith("$"):
        return [Piece("literal", text[1:].partition("-")[0])]
    if _ELAPSED.fullmatch(text):
        return [Piece("elapsed", text.lower())]
    return [Piece("condition", text)] if _CONDITION.fullmatch(text) else []


def _section(pieces: list[Piece], *, dates_from_1904: bool) -> _Section:
    condition = None
    for piece in pieces:
        match = _CONDITION.fullmatch(piece.text) if piece.kind == "condition" else None
        if match:
            condition = (_COMPARE[match[1]], Decimal(match[2]))
    pieces = [piece for piece in pieces if piece.kind != "condition"]
    plain = next((place for place, piece in enumerate(pieces) if _is_plain(piece)), None)
    shape: Digits | Clock | None = None
    if any(piece.kind in {"date", "elapsed"} for piece in pieces):
        shape = read_clock([(piece.kind, piece.text) for piece in pieces], from_1904=dates_from_1904)
    elif plain is None:
        shape = read_digits([(piece.kind == "literal", piece.text) for piece in pieces])
    before = "".join(piece.text for piece in pieces[:plain] if piece.kind == "literal") if plain is not None else ""
    after = "".join(piece.text for piece in pieces[plain:] if piece.kind == "literal") if plain is not None else ""
    return _Section(shape, before, after, condition)


def _is_plain(piece: Piece) -> bool:
    """Whether a piece shows the number as it is: General, text, or a fraction."""
    return (piece.kind == "word" and piece.text.lower() == "general") or (piece.kind == "other" and piece.text in "@/")


def _choose(sections: list[_Section], number: Decimal) -> tuple[_Section, bool]:
    """Choose a section by its condition, else by the number's sign; whether a minus is still to be shown."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None:
                return section, True
            holds, limit = section.condition
            if holds(number, limit):
                return section, not (limit <= 0 and holds in (Decimal.__lt__, Decimal.__le__))
        return sections[-1], True
    if number < 0 and len(sections) > 1:
        return sections[1], False
    return sections[2 if number == 0 and len(sections) == _SIGNED_SECTIONS else 0], True
