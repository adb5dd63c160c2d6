"""The copy inside the user's own OpenDocument spreadsheet: one table is patched, all else keeps its bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jobs.intake.odf.cell_styles import CellStyles, read_styles
from jobs.intake.odf.package import CONTENT, OdfPackage
from jobs.intake.ooxml.package import reading
from jobs.intake.ooxml.part_text import part_chunks
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.notes import WriteNotes
from outputs.ods.cell_writer import CellWriter
from outputs.ods.content_scan import ContentScanner
from outputs.ods.row_patch import RowPatcher, patched_rows
from outputs.ods.styles import OurStyles
from outputs.ods.survey import Survey, survey_table
from outputs.ods.table_columns import patched_columns
from outputs.places import place_columns
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from outputs.xlsx.package import rewrite_package


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
        self._places = place_columns(info, columns, survey.free_column)

    def chunks(self, encoding: str, xml: Iterator[bytes], feed: RowFeed) -> Iterator[bytes]:
        """Stream the patched content."""
        scanner = ContentScanner(xml)
        mark = scanner.markup
        styles = OurStyles(scanner.head, mark, _styles_of(self._source))
        styles.prepare(self._survey.row_styles)
        new = [place for place in self._places if place.is_new]
        widths = [styles.column(place.width) for place in new]
        patcher = RowPatcher(CellWriter(mark, encoding), self._places, styles, self._survey, self._notes)
        yield styles.head()
        yield from scanner.above(self._info.sheet)
        yield patched_columns(scanner.opening(), mark, new[0].column if new else 0, widths)
        yield from patched_rows(scanner.rows(), feed, patcher, self._info.header_row)
        yield from scanner.tail()
