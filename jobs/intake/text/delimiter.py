"""Which character parts the cells of delimited text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from itertools import dropwhile, islice
from typing import IO

from jobs.intake.text.record_fields import RecordFields
from jobs.intake.text.record_form import RecordForm, told_delimiter
from jobs.intake.text.records import RecordScanner

#: In the order that decides between equals.
DELIMITERS = (",", ";", "\t", "|")

_SAMPLE_RECORDS = 50
#: A sample of lines, so that a stray quotation mark does not take the whole file for a sample.
_SAMPLE_LINES = 400
_SAMPLE_CHARS = 1 << 20
#: A character parts a table when this share of the records from the first parted one on are parted.
_PARTED_SHARE = 0.5
#: A comma that stands in a number or in a sentence.
_INNER_COMMA = re.compile(r"(?<=\d),(?=\d)|, ")
_INNER_SHARE = 0.5
#: Widths that are tried, the most frequent first.
_WIDTHS_TRIED = 4


def sample_lines(text: IO[str]) -> list[str]:
    """Take the lines that the delimiter is found by, their breaks with them."""
    return list(islice(StringIO(text.read(_SAMPLE_CHARS), newline=""), _SAMPLE_LINES))


def find_delimiter(lines: Sequence[str], *, prefer_tab: bool = False) -> str:
    """Find the delimiter that parts most records into equally many cells, quoted text left aside."""
    told = told_delimiter(lines[0].rstrip("\r\n")) if lines else ""
    if told in DELIMITERS:
        return told
    order = ("\t", *DELIMITERS) if prefer_tab else DELIMITERS
    best = max(order, key=lambda delimiter: _evenness(lines, delimiter))
    if best == "," and _are_inner_commas(lines):
        best = next((each for each in order if each != "," and _parts_all_alike(lines, each)), best)
    if _evenness(lines, best) or not any(line.strip("".join((*DELIMITERS, "\r\n "))) for line in lines):
        return best
    return next((each for each in order if not any(each in line for line in lines)), order[0])


def usual_width(lines: Sequence[str], delimiter: str) -> int:
    """Say how many cells most of the parted records have, 0 when none is parted.

    A stray quote makes records of odd widths, so each width that occurs is tried on the lines.
    """
    parted = [width for width in _widths(lines, delimiter) if width > 1]
    tried = dict.fromkeys([*parted[:1], *(width for width, _ in Counter(parted).most_common(_WIDTHS_TRIED))])
    return max(tried, key=lambda width: _fitting(lines, delimiter, width), default=0)


def _fitting(lines: Sequence[str], delimiter: str, width: int) -> int:
    """Count the records of a width, stray quotes told by it."""
    fields = RecordFields(RecordForm(delimiter=delimiter, width=width))
    records = RecordScanner(fields).records(StringIO("".join(lines), newline=""))
    return sum(bool(record) and fields.width(record) == width for record, _ in records)


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    """Say how evenly a delimiter parts the records, 0 when it parts none."""
    widths = _widths(lines, delimiter)
    table = list(dropwhile(lambda width: width == 1, widths))
    parted = Counter(width for width in table if width > 1)
    if parted.total() <= len(table) * _PARTED_SHARE:
        return 0.0
    width, count = max(parted.items(), key=lambda item: (item[1], item[0]))
    return count / len(widths) * (1 - 1 / width)


def _are_inner_commas(lines: Sequence[str]) -> bool:
    commas = sum(line.count(",") for line in lines)
    return sum(len(_INNER_COMMA.findall(line)) for line in lines) > commas * _INNER_SHARE


def _parts_all_alike(lines: Sequence[str], delimiter: str) -> bool:
    """Whether every record, the header too, is parted into equally many cells."""
    widths = _widths(lines, delimiter)
    return len(widths) > 1 and len(set(widths)) == 1 and widths[0] > 1


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """Count the cells of the first records that have text."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return [len(cells) for cells in islice(reader, _SAMPLE_RECORDS) if any(cells)]
    except csv.Error:
        return []
