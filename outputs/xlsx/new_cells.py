"""Cells of ours as XML."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from jobs.money import plain
from outputs.cell_text import is_plain, xml_text
from outputs.mending import mended
from outputs.notes import WriteNotes
from outputs.places import Place
from outputs.rows import Cells, CellValue
from outputs.xlsx.styles import RowStyle


class NewCells:
    """Writes cells for a sheet of this prefix; a style is a format's index, "" for none.

    A text is never a formula. What a cell cannot hold of it is left out, and noted.
    """

    def __init__(self, prefix: bytes, notes: WriteNotes) -> None:
        p = prefix.decode()
        self._notes = notes
        self._open = f'<{p}c r="'
        self._text = f' t="inlineStr"><{p}is><{p}t xml:space="preserve">'
        self._text_end = f"</{p}t></{p}is></{p}c>"
        self._number = f"><{p}v>"
        self._number_end = f"</{p}v></{p}c>"

    def xml(self, place: Place, row: int, value: CellValue, style: str) -> str:
        """Write one cell."""
        start = f"{self._open}{place.letters}{row}{_styled(style)}"
        if value is None:
            return f"{start}/>"
        if isinstance(value, str):
            text = value if is_plain(value) else self._mended(place, row, value)
            return f"{start}{self._text}{text}{self._text_end}"
        return f"{start}{self._number}{_digits(value)}{self._number_end}"

    def beside(self, places: Sequence[tuple[int, Place]], row: int, values: Cells, style: RowStyle) -> str:
        """Write the cells of a row whose own cells all lie left of them: as `xml` does, in a third of the time."""
        of_text = f"{row}{_styled(style.text)}"
        of_number = f"{row}{_styled(style.number)}{self._number}"
        pieces = []
        for position, place in places:
            if position not in values:
                continue
            value = values[position]
            if isinstance(value, str):
                text = value if is_plain(value) else self._mended(place, row, value)
                pieces.append(f"{self._open}{place.letters}{of_text}{self._text}{text}{self._text_end}")
            elif value is None:
                if style.text and place.is_new:
                    pieces.append(f"{self._open}{place.letters}{of_text}/>")
            else:
                pieces.append(f"{self._open}{place.letters}{of_number}{_digits(value)}{self._number_end}")
        return "".join(pieces)

    def _mended(self, place: Place, row: int, value: str) -> str:
        return xml_text(mended(value, row, place.header, self._notes))


def _styled(style: str) -> str:
    return f'" s="{style}"' if style else '"'


def _digits(value: int | Decimal) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
