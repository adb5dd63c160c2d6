"""The copy inside the user's own .xlsx: one sheet is patched, every other part keeps its bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.ooxml.part_text import part_chunks
from jobs.intake.ooxml.sheet_scan import SheetScanner
from jobs.sheet import SheetInfo
from outputs.columns import ColumnKind, OutputColumn
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from outputs.xlsx.package import rewrite_package
from outputs.xlsx.parts import Parts
from outputs.xlsx.sheet_cells import CellReader, CellWriter
from outputs.xlsx.sheet_head import patched_head
from outputs.xlsx.sheet_rows import Place, RowPatcher, patched_rows
from outputs.xlsx.styles import Formats, read_formats
from outputs.xlsx.survey import Survey, survey_sheet
from templates.errors import UserError

#: Width of a new column, in characters.
_WIDTHS = {ColumnKind.FIELD: 50.0, ColumnKind.NOTES: 40.0, ColumnKind.MODEL: 30.0}
_OTHER_WIDTH = 20.0


def patch_xlsx(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source again with the rows' cells in its sheet; rows come ordered by their number.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """
    notes = WriteNotes()
    with opened_source(source) as file, zipfile.ZipFile(file) as package:
        parts = Parts(package)
        entry = parts.sheet(info.sheet)
        with package.open(entry) as part:
            survey = survey_sheet(SheetScanner(part_chunks(part)[1]), info.header_row, parts, entry.filename)
        patch = _SheetPatch(info, columns, survey, read_formats(parts), notes)
        feed = RowFeed(rows, is_ordered=survey.is_ordered)

        def rewritten() -> Iterator[bytes]:
            with package.open(entry) as part:
                yield from patch.chunks(*part_chunks(part), feed)

        with opened_source(source) as raw, whole_file(target) as out:
            rewrite_package(package, raw, out, {entry.filename: rewritten})
    return notes


class _SheetPatch:
    """What is to be done to the sheet."""

    def __init__(
        self, info: SheetInfo, columns: Sequence[OutputColumn], survey: Survey, formats: Formats, notes: WriteNotes
    ) -> None:
        self._header_row = info.header_row
        self._survey = survey
        self._formats = formats
        self._notes = notes
        self._first = max(survey.free_column, len(info.columns))
        self._widths = [_WIDTHS.get(each.kind, _OTHER_WIDTH) for each in columns if each.existing is None]
        if self._widths and self._first + len(self._widths) > MOST_COLUMNS:
            raise UserError(
                f'{info.path.name}, sheet "{info.sheet}": there is no room right of the table for our columns.',
                fix="Clear the last columns of the sheet.",
                code="source",
            )
        free = iter(range(self._first, MOST_COLUMNS))
        self._places = [
            Place(
                header=each.header,
                column=next(free) if each.existing is None else each.existing,
                is_new=each.existing is None,
            )
            for each in columns
        ]

    def chunks(self, encoding: str, xml: Iterator[bytes], feed: RowFeed) -> Iterator[bytes]:
        """Stream the patched sheet."""
        scanner = SheetScanner(xml)
        patcher = RowPatcher(
            reader=CellReader(scanner.prefix),
            writer=CellWriter(scanner.prefix, encoding),
            places=self._places,
            formats=self._formats,
            notes=self._notes,
        )
        yield patched_head(scanner.head, scanner.prefix, self._first, self._widths)
        yield from patched_rows(scanner.rows(), feed, patcher, self._header_row, self._survey.header_style)
        yield from scanner.tail()
