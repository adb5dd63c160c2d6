"""Where the header of a table stands, and how its columns are called."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from jobs.intake.letters import column_letter
from jobs.sheet import Column, Row
from templates.errors import UserError

#: Rows from the top among which the header is looked for.
SAMPLE_ROWS = 30

#: A header cell is rarely longer than this many characters; a description nearly always is.
_LONGEST_NAME = 80
#: More of a text is not looked at: what is longer names nothing.
_LONGEST_SHOWN = 1000
#: A row is the header when it has this share of the names that the best row has; the first such row wins.
_NAMES_SHARE = 0.7
#: With fewer names in any row there is nothing to choose by, and the first row is the header.
_FEWEST_NAMES = 2
#: A column counts as used when this share of the rows below has text in it.
_USED_SHARE = 0.5
#: Rows below a candidate that are looked at.
_BELOW_ROWS = 12
#: Rows above the row told in which a header that is merged downwards may begin.
_ROWS_ABOVE = 3
#: Rows of remarks right above a header that may look like one.
_REMARK_ROWS = 3
#: Columns of years (2022, 2023, 2024) are named by numbers; fewer than this, and they may be anything.
_FEWEST_YEARS = 3

_YEAR = re.compile(r"(?:19|20)\d\d")
_MACHINE_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_.#:-][a-z0-9#\[\]=_.:-]+)*")


def shown(text: str) -> str:
    """Give a header cell on one line: breaks, NBSP and runs of spaces become one space, ends are trimmed."""
    visible = text.strip()[:_LONGEST_SHOWN]
    if not visible.isascii():
        visible = "".join(" " if char.isspace() else char for char in visible if unicodedata.category(char) != "Cf")
    return " ".join(visible.split())


def first_rows(rows: Iterable[Row], told: int | None) -> list[Row]:
    """Take the rows that the header is looked for in: from the top, or from little above the row told."""
    left = iter(rows)
    above: deque[Row] = deque(maxlen=_ROWS_ABOVE)
    for row in left:
        if row.number >= (told or 1):
            return [*above, row, *islice(left, SAMPLE_ROWS)]
        above.append(row)
    return list(above)


def lay_out(sample: Sequence[Row], told: int | None, where: str) -> tuple[Row, tuple[Column, ...]]:
    """Settle the header and the columns of a table by its first rows.

    Raises: UserError (header_row, source) when the row told has no text, or no row has.
    """
    if told is None:
        header = find_header(sample)
        if header is None:
            raise UserError(f"{where} is empty: no row has any text.", fix="Give a file with a table.", code="source")
    else:
        header = next((row for row in sample if row.number == told and _used_width(row)), None)
        if header is None:
            ends = "" if any(row.number > told for row in sample) else ": the table ends above it"
            raise UserError(
                f"{where}: --header-row {told} has no text{ends}.",
                fix="Give the row number of the column names, as the spreadsheet program shows it.",
                code="header_row",
            )
    return header, name_columns(header, [row for row in sample if row.number > header.number])


def find_header(rows: Sequence[Row]) -> Row | None:
    """Choose the header among the first rows of a sheet; None when no row has text.

    It is the first row that names nearly as many columns as the best row does: titles and banners above it
    name fewer, products below it no more. A row of machine names right below it (`item_sku`, `item_name`)
    is the header instead, and so is a row that parts the groups of the first (`Size` over `Width` and `Height`), or
    one that names every column where the first leaves some out, as remarks do.
    """
    candidates = [row for row in rows[:SAMPLE_ROWS] if any(map(shown, row.cells))]
    if not candidates:
        return None
    scores = [_names(row, candidates[place + 1 :]) for place, row in enumerate(candidates)]
    best = max(scores)
    if best < _FEWEST_NAMES:
        return candidates[0]
    chosen = _above_numbers(candidates, [n for n, score in enumerate(scores) if score >= best * _NAMES_SHARE])
    if chosen + 1 == len(candidates):
        return candidates[chosen]
    header, below = candidates[chosen : chosen + 2]
    return below if _are_machine_names(header, below) else _below_groups(header, below) or header


def _above_numbers(candidates: Sequence[Row], likely: Sequence[int]) -> int:
    """Choose the first of the likely headers, but where it leaves columns out, one that stands complete over numbers.

    Remarks above a table may fill nearly as many cells as its header.
    """
    first = likely[0]
    for place in (place for place in likely if place <= first + _REMARK_ROWS):
        below = candidates[place + 1 : place + 1 + _BELOW_ROWS]
        used = _used_columns(below, lambda cell: bool(cell.strip()))
        words = {index for index, cell in enumerate(candidates[place].cells) if any(map(str.isalpha, cell))}
        numbers = _used_columns(below, lambda cell: bool(cell.strip()) and not any(map(str.isalpha, cell)))
        if used <= words and (place == first or len(numbers & words) >= _FEWEST_NAMES):
            return place
    return first


def name_columns(header: Row, below: Iterable[Row]) -> tuple[Column, ...]:
    """Name every column that the header or a row below it has text in."""
    width = max((_used_width(row) for row in (header, *below)), default=0)
    cells = header.cells + ("",) * (width - len(header.cells))
    names = [shown(cell) or f"Column {column_letter(index)}" for index, cell in enumerate(cells[:width])]
    taken = {name.casefold() for name in names}
    seen: Counter[str] = Counter()
    columns = []
    for index, name in enumerate(names):
        distinct = name
        seen[name.casefold()] += 1
        if seen[name.casefold()] > 1:
            distinct = f"{name} ({seen[name.casefold()]})"
            while distinct.casefold() in taken:
                seen[name.casefold()] += 1
                distinct = f"{name} ({seen[name.casefold()]})"
            taken.add(distinct.casefold())
        columns.append(Column(index=index, header=distinct, raw=cells[index]))
    return tuple(columns)


def _used_width(row: Row) -> int:
    return next((index + 1 for index in range(len(row.cells) - 1, -1, -1) if shown(row.cells[index])), 0)


def _names(row: Row, below: Sequence[Row]) -> float:
    """Count the cells that read like column names, in the measure that they stand above used columns."""
    following = below[:_BELOW_ROWS]
    texts = [shown(cell) for cell in row.cells]
    names = set(_years(texts))
    columns = set()
    for index, text in enumerate(texts):
        if not text:
            continue
        columns.add(index)
        repeated = any(index < len(other.cells) and shown(other.cells[index]) == text for other in following)
        if len(text) <= _LONGEST_NAME and any(map(str.isalpha, text)) and not repeated:
            names.add(text.casefold())
    used = _used_columns(following, lambda cell: bool(cell.strip()))
    covered = len(columns & used) / len(used) if used else 1.0
    return len(names) * (0.5 + covered / 2)


def _used_columns(rows: Sequence[Row], counts: Callable[[str], bool]) -> set[int]:
    """Give the columns that have cells that count in many of the rows."""
    filled = Counter(index for row in rows for index, cell in enumerate(row.cells) if counts(cell))
    return {index for index, count in filled.items() if count >= len(rows) * _USED_SHARE}


def _years(texts: Sequence[str]) -> list[str]:
    """Give the years that columns are named by: in order, and no other numbers beside them."""
    numbers = [text for text in texts if text and not any(map(str.isalpha, text))]
    if len(numbers) < _FEWEST_YEARS or not all(map(_YEAR.fullmatch, numbers)):
        return []
    in_order = sorted(set(numbers))
    return numbers if numbers in (in_order, in_order[::-1]) else []


def _below_groups(groups: Row, row: Row) -> Row | None:
    """Complete a row that names the columns of groups and leaves the others to the row above; None when it does not.

    The name of a group stands over each of its columns, as merged cells are spread.
    """
    if row.number != groups.number + 1:
        return None
    tops, lows = (
        [shown(cell) for cell in each.cells] + [""] * (max(len(groups.cells), len(row.cells)) - len(each.cells) + 1)
        for each in (groups, row)
    )
    grouped = [
        low
        for index, (top, low) in enumerate(zip(tops, lows, strict=True))
        if low and low != top and top and top in (tops[index - 1], tops[index + 1])
    ]
    others = sum(low not in {"", top} for top, low in zip(tops, lows, strict=True))
    are_names = all(len(low) <= _LONGEST_NAME and any(map(str.isalpha, low)) for low in grouped)
    if len(set(grouped)) < _FEWEST_NAMES or others > len(grouped) or not are_names:
        return None
    return Row(row.number, tuple(low or top for top, low in zip(tops[:-1], lows[:-1], strict=True)))


def _are_machine_names(labels: Row, row: Row) -> bool:
    texts = [shown(cell) for cell in row.cells if cell.strip()]
    named = sum(1 for cell in labels.cells if cell.strip())
    joined = sum(1 for text in texts if "_" in text)
    return (
        len(texts) >= max(3, named * 0.8)
        and len(set(texts)) == len(texts)
        and joined * 2 >= len(texts)
        and all(map(_MACHINE_NAME.fullmatch, texts))
    )
