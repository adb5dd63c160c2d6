"""The copy inside the user's own OpenDocument spreadsheet: one table is patched, all else keeps its bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.intake.letters import MOST_COLUMNS
from jobs.intake.odf.cell_styles import CellStyles, read_styles
from jobs.intake.odf.package import CONTENT, OdfPackage, reading
from jobs.intake.ooxml.part_text import part_chunks
from jobs.sheet import SheetInfo
from outputs.columns import ColumnKind, OutputColumn
from outputs.notes import WriteNotes
from outputs.ods.cell_writer import CellWriter
from outputs.ods.content_scan import ContentScanner
from outputs.ods.row_patch import Place, RowPatcher, patched_rows
from outputs.ods.styles import OurStyles
from outputs.ods.survey import Survey, survey_table
from outputs.ods.table_columns import patched_columns
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from outputs.xlsx.package import rewrite_package
from templates.errors import UserError

#: Width of a new column, in characters.
_WIDTHS = {ColumnKind.FIELD: 50.0, ColumnKind.NOTES: 40.0, ColumnKind.MODEL: 30.0}
_OTHER_WIDTH = 20.0


def patch_ods(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source again with the rows' cells in its table; rows come ordered by their number.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """
    notes = WriteNotes()
    with opened_source(source) as file:
        with _content(file) as content:
            survey = survey_table(ContentScanner(part_chunks(content)[1]), info.sheet, info.header_row)
        patch = _TablePatch(source, info, columns, survey, notes)

        def rewritten() -> Iterator[bytes]:
            with _content(file) as content:
                yield from patch.chunks(*part_chunks(content), RowFeed(rows))

        with opened_source(source) as raw, whole_file(target) as out:
            if _is_flat(file):
                out.writelines(rewritten())
            else:
                with zipfile.ZipFile(raw) as package:
                    rewrite_package(package, raw, out, {CONTENT: rewritten})
    return notes


@contextmanager
def _content(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Open the part with the tables, or the flat file itself; the file stays open."""
    file.seek(0)
    if _is_flat(file):
        yield file
        return
    with zipfile.ZipFile(file) as package, package.open(CONTENT) as part:
        yield part


def _styles_of(source: Path) -> CellStyles:
    with reading(source), OdfPackage(source) as package, package.styles() as shared, package.content() as content:
        return read_styles(shared, content)


def _is_flat(file: IO[bytes]) -> bool:
    file.seek(0)
    start = file.read(2)
    file.seek(0)
    return start != b"PK"


class _TablePatch:
    """What is to be done to the table."""

    def __init__(
        self, source: Path, info: SheetInfo, columns: Sequence[OutputColumn], survey: Survey, notes: WriteNotes
    ) -> None:
        self._source = source
        self._info = info
        self._survey = survey
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
        """Stream the patched content."""
        scanner = ContentScanner(xml)
        mark = scanner.markup
        styles = OurStyles(scanner.head, mark, _styles_of(self._source))
        styles.prepare(self._survey.row_styles)
        widths = [styles.column(width) for width in self._widths]
        patcher = RowPatcher(CellWriter(mark, encoding), self._places, styles, self._survey, self._notes)
        yield styles.head()
        yield from scanner.above(self._info.sheet)
        yield patched_columns(scanner.opening(), mark, self._first, widths)
        yield from patched_rows(scanner.rows(), feed, patcher, self._info.header_row)
        yield from scanner.tail()
