"""Writes publish files: small updates that a shop or a marketplace imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from jobs.results import ItemResult
from jobs.sheet import Row
from outputs.publish.binding import TARGETS, Binding
from outputs.publish.notes import PublishNotes
from outputs.publish.rows import PublishRows
from outputs.whole_file import whole_file

#: Said of the simulator's copy in place of how to import it.
_MADE_UP = "Its texts are simulated: do not import it into a real shop."


def publish_path(workbook: Path, target: str) -> Path:
    """Name a publish file beside the workbook that comes back: `NAME.shopify.csv`."""
    return workbook.with_name(f"{workbook.stem}.{target}{TARGETS[target].extension}")


def write_publish(
    binding: Binding,
    path: Path,
    *,
    rows: Iterable[Row],
    results: Iterable[ItemResult],
    approved_only: bool,
    simulated: bool = False,
    above: Sequence[Sequence[str]] = (),
) -> PublishNotes:
    """Write a publish file; memory does not grow with the job.

    Text is written to the letter: no sign is put before what a spreadsheet program would take for a formula, since the
    platform would import it. `results` come ordered by row, `above` are the rows above the source's header.

    Raises:
        UserError: a row is not in the source any more, or the file cannot be written.
    """
    target = binding.target
    advice = _MADE_UP if simulated else target.advice
    notes = PublishNotes(target=target.name, label=target.label, path=path, advice=advice)
    lines = PublishRows(binding, notes, approved_only=approved_only).lines(rows, results)
    with whole_file(path) as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        _write(text, _with_head(binding, lines, above), target.delimiter)
        text.detach()
    return notes


def _with_head(binding: Binding, lines: Iterator[list[str]], above: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield from binding.target.head(binding.columns, binding.headers, above)
    yield from lines


def _write(text: IO[str], lines: Iterable[Sequence[str]], delimiter: str) -> None:
    if delimiter == ",":
        csv.writer(text).writerows(lines)
        return
    # Tab-separated files of both platforms have no quoting of their own: a cell holds neither tab nor line break.
    for line in lines:
        text.write(delimiter.join(" ".join(cell.split()) for cell in line) + "\r\n")
