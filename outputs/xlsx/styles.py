"""Which cell formats of a workbook suit text and numbers of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from outputs.xlsx.parts import Parts, local_name

_GENERAL = "0"
_TEXT = "49"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """Format indexes by what they may be put on; the look of the row without its dates, currencies and percents."""

    for_text: frozenset[bytes] = field(default=frozenset())
    for_numbers: frozenset[bytes] = field(default=frozenset())

    def text_style(self, styles: Sequence[bytes]) -> bytes:
        """Choose among a row's formats: the most frequent that suits text, b"" when none does."""
        return _most_frequent(styles, self.for_text)

    def number_style(self, styles: Sequence[bytes]) -> bytes:
        """Choose among a row's formats: the most frequent that suits numbers, b"" when none does."""
        return _most_frequent(styles, self.for_numbers)


def read_formats(parts: Parts) -> Formats:
    """Read the cell formats of the workbook's styles; none when it has no such part."""
    name = next(parts.related(parts.workbook(), "styles"), "")
    root = parts.xml(name) if name else None
    if root is None:
        return Formats()
    found = next((child for child in root if local_name(child) == "cellXfs"), None)
    formats = [each for each in found if local_name(each) == "xf"] if found is not None else []
    general, text = set(), set()
    for index, each in enumerate(formats):
        number_format = each.get("numFmtId", _GENERAL)
        if each.get("quotePrefix", "0") not in {"0", "false"}:
            continue
        if number_format == _GENERAL:
            general.add(str(index).encode())
        elif number_format == _TEXT:
            text.add(str(index).encode())
    return Formats(for_text=frozenset(general | text), for_numbers=frozenset(general))


def _most_frequent(styles: Sequence[bytes], allowed: frozenset[bytes]) -> bytes:
    suited = [style for style in styles if style in allowed]
    return max(suited, key=suited.count) if suited else b""
