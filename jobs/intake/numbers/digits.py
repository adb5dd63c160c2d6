"""Digit placeholders of a number format: `000-00`, `#,##0.00`, `0%`, `0.00E+00`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_PLACEHOLDERS = "0#?"
_GROUP = 3
#: A layout with NUL in the place of each literal.
_TOGETHER = re.compile("(\x00*)#*0(?:\\.(0+))?\x00*")


@dataclass(frozen=True, slots=True)
class Together:
    """A layout like `$#,##0.00` or `0%`, whose digits stand together: at least one, and so many decimals."""

    before: str
    after: str
    quantum: Decimal
    spec: str

    def show(self, number: Decimal) -> str:
        """Lay out a number that is not negative."""
        return f"{self.before}{number.quantize(self.quantum, ROUND_HALF_UP):{self.spec}}{self.after}"


@dataclass(frozen=True, slots=True)
class Digits:
    """How a section lays out digits: each entry is a literal, or a placeholder."""

    whole: tuple[tuple[bool, str], ...]
    fraction: tuple[tuple[bool, str], ...]
    has_point: bool
    #: `E+00`, "" when there is none.
    exponent: str
    #: Shown after the exponent.
    tail: str
    has_groups: bool
    #: Power of ten that the number is multiplied by: percent signs less trailing commas.
    shift: int
    #: The same layout where it is as simple as most are.
    together: Together | None

    def show(self, number: Decimal) -> str:
        """Lay out a number that is not negative."""
        if self.shift:
            number = number.scaleb(self.shift)
        if self.together is not None:
            return self.together.show(number)
        exponent = ""
        if self.exponent:
            number, exponent = self._scientific(number)
        places = sum(not literal for literal, _ in self.fraction)
        whole, _, fraction = f"{_rounded(number, places):f}".partition(".")
        return (
            self._show_whole(whole.lstrip("0"))
            + ("." if self.has_point else "")
            + self._show_fraction(fraction)
            + exponent
            + self.tail
        )

    def _scientific(self, number: Decimal) -> tuple[Decimal, str]:
        step = max(1, sum(not literal for literal, _ in self.whole))
        places = sum(not literal for literal, _ in self.fraction)
        power = number.adjusted() // step * step if number else 0
        if _rounded(number.scaleb(-power), places) >= Decimal(10) ** step:
            power += step
        sign = "-" if power < 0 else "+" if self.exponent[1] == "+" else ""
        return number.scaleb(-power), f"E{sign}{abs(power):0{max(1, len(self.exponent) - 2)}d}"

    def _show_whole(self, digits: str) -> str:
        slots = sum(not literal for literal, _ in self.whole)
        shown: list[str] = [digits] if self.has_point and not slots else []
        left = max(slots, len(digits))
        filled = digits.rjust(left)
        for literal, text in self.whole:
            if literal:
                shown.append(text)
                continue
            take = left - slots + 1
            slots -= 1
            for _ in range(take):
                digit = filled[-left]
                char = digit if digit != " " else {"0": "0", "?": " "}.get(text, "")
                left -= 1
                shown.append(char + ("," if self.has_groups and char.isdigit() and left and left % _GROUP == 0 else ""))
        return "".join(shown)

    def _show_fraction(self, digits: str) -> str:
        shown = []
        place = 0
        for literal, text in self.fraction:
            if literal:
                shown.append(text)
                continue
            is_rest = not digits[place:].strip("0")
            shown.append(digits[place] if text == "0" or not is_rest else " " if text == "?" else "")
            place += 1
        return "".join(shown)


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def read_digits(pieces: Sequence[tuple[bool, str]]) -> Digits:
    """Read the pieces of a section, each a literal or a character with a meaning."""
    whole: list[tuple[bool, str]] = []
    fraction: list[tuple[bool, str]] = []
    exponent = tail = ""
    has_point = has_groups = False
    shift = commas = 0
    for literal, text in pieces:
        side = fraction if has_point else whole
        if literal or (len(text) == 1 and text not in ".,%" + _PLACEHOLDERS):
            if exponent:
                tail += text
            else:
                side.append((True, text))
        elif text == "." and not has_point:
            has_point = True
        elif text == ",":
            commas += 1
        elif text == "%":
            shift += 2
            if exponent:
                tail += text
            else:
                side.append((True, text))
        elif text[0] in "eE":
            exponent = text
        elif exponent:
            exponent += "0"
        else:
            has_groups = has_groups or (commas > 0 and not has_point and _has_placeholder(whole))
            commas = 0 if not has_point else commas
            side.append((False, text))
    return Digits(
        whole=tuple(whole),
        fraction=tuple(fraction),
        has_point=has_point,
        exponent=exponent,
        tail=tail,
        has_groups=has_groups,
        shift=shift - _GROUP * commas,
        together=None if exponent else _together(whole, fraction, has_point=has_point, has_groups=has_groups),
    )


def _together(
    whole: list[tuple[bool, str]], fraction: list[tuple[bool, str]], *, has_point: bool, has_groups: bool
) -> Together | None:
    shown = "".join("\x00" if literal else text for literal, text in whole + [(False, ".")] * has_point + fraction)
    found = _TOGETHER.fullmatch(shown)
    if found is None:
        return None
    literals = [text for literal, text in whole + fraction if literal]
    before, after = "".join(literals[: found.end(1)]), "".join(literals[found.end(1) :])
    return Together(before, after, Decimal(1).scaleb(-len(found[2] or "")), ",f" if has_groups else "f")


def _has_placeholder(side: list[tuple[bool, str]]) -> bool:
    return any(not literal for literal, _ in side)
