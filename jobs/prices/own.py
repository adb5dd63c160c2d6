"""A user's own prices: negotiated ones, newer ones, other Regions."""

from __future__ import annotations

import csv
from pathlib import Path

from jobs.prices.row import COLUMNS, problems_of
from templates.errors import UserError

_CODE = "prices"
_FIX = f"It must be a CSV file with the columns {', '.join(COLUMNS)}; prices are USD per 1,000,000 tokens."


def own_cells(path: Path) -> list[tuple[str, ...]]:
    """Read the lines of a user's price file, in the order of `COLUMNS`.

    Raises:
        UserError: it cannot be read, or any line is wrong; all problems at once with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(
            f"The price file {path} cannot be read: {exc.strerror or exc}.",
            fix="Correct the setting SKUSCRIBE_PRICES, or remove it.",
            code=_CODE,
        ) from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"The price file {path} is not UTF-8 text.", fix=_FIX, code=_CODE) from exc
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> list[tuple[str, ...]]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    lines: list[tuple[str, ...]] = []
    problems: list[str] = []
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise UserError(f"The price file {path} has no column {', '.join(missing)}.", fix=_FIX, code=_CODE)
        for cells in reader:
            line = {name: (cells[name] or "").strip() for name in COLUMNS}
            problems += [f"line {reader.line_num}: {problem}" for problem in problems_of(line)]
            lines.append(tuple(line.values()))
    except csv.Error as exc:
        problems.append(f"line {reader.line_num}: {exc}")
    if problems:
        raise UserError(f"The price file {path} is wrong. " + "; ".join(problems) + ".", fix=_FIX, code=_CODE)
    return lines
