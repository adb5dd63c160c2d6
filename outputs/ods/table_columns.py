"""The column definitions of a table, with those of ours among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.ooxml.sheet_scan import shadow
from outputs.ods.markup import Markup, count
from outputs.ods.row_cells import REPEATED


class ColumnRun(NamedTuple):
    """One definition, as it lies in the opening of a table."""

    first: int
    times: int
    attributes: bytes
    start: int
    end: int


def column_runs(opening: bytes, markup: Markup) -> list[ColumnRun]:
    """Read the definitions; those of a table within a shape are none of ours."""
    table = rb"%b|%b" % (markup.start_tag("table", b"table"), markup.end_tag("table", b"table"))
    column = rb"%b(?:\s*%b)?" % (markup.start_tag("table", b"table-column"), markup.end_tag("table", b"table-column"))
    runs: list[ColumnRun] = []
    depth, at = 0, 0
    for token in re.finditer(rb"(?P<table>%b)|%b" % (table, column), shadow(opening)):
        if token["table"] is not None:
            depth += -1 if token[2] is None else 0 if token[2].endswith(b"/") else 1
        elif depth == 1:
            attributes = token[3]
            times = count(markup.value(attributes, REPEATED), MOST_COLUMNS)
            runs.append(ColumnRun(at, times, attributes, token.start(), token.end()))
            at += times
    return runs


def patched_columns(opening: bytes, markup: Markup, first: int, styles: Sequence[bytes]) -> bytes:
    """Give columns from `first` on these styles; a definition that stands for many is parted where they begin."""
    if not styles:
        return opening
    runs = column_runs(opening, markup)
    tag = b"<" + markup.name("table:table-column")

    def written(attributes: bytes, times: int) -> bytes:
        bare = markup.repeated(attributes.removesuffix(b"/").rstrip(), REPEATED, times)
        return b"%b%b/>" % (tag, bare)

    def ours(column: int, attributes: bytes) -> bytes:
        plain = markup.without(attributes.removesuffix(b"/").rstrip(), "table:visibility")
        return written(markup.with_value(plain, "table:style-name", styles[column - first]), 1)

    last = first + len(styles)
    pieces, at, reach = [], 0, 0
    for run in runs:
        reach = run.first + run.times
        if reach <= first or run.first >= last:
            continue
        pieces.append(opening[at : run.start])
        at = run.end
        if run.first < first:
            pieces.append(written(run.attributes, first - run.first))
        pieces += [ours(column, run.attributes) for column in range(max(first, run.first), min(last, reach))]
        if reach > last:
            pieces.append(written(run.attributes, reach - last))
    if reach < last:
        end = runs[-1].end if runs else _before_rows(opening, markup)
        pieces.append(opening[at : max(at, end)])
        at = max(at, end)
        if reach < first:
            pieces.append(written(b"", first - reach))
        pieces += [ours(column, b"") for column in range(max(first, reach), last)]
    return b"".join([*pieces, opening[at:]])


def _before_rows(opening: bytes, markup: Markup) -> int:
    """Give where the groups of rows begin that the first row lies in."""
    groups = markup.start_tag("table", rb"(?:table-rows|table-header-rows|table-row-group)")
    found = re.search(groups, shadow(opening))
    return found.start() if found else len(opening)
