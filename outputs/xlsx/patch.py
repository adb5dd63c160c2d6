"""The copy inside the user's own .xlsx: one sheet is patched, every other part keeps its bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.intake.ooxml.part_text import part_chunks
from jobs.intake.ooxml.sheet_scan import SheetScanner
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.notes import WriteNotes
from outputs.places import place_columns
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from outputs.xlsx.package import rewrite_package
from outputs.xlsx.parts import Parts
from outputs.xlsx.sheet_head import has_fixed_rows, patched_head
from outputs.xlsx.sheet_rows import RowPatcher, SheetFacts, patched_rows
from outputs.xlsx.styles import read_formats
from outputs.xlsx.survey import survey_sheet

#: Part with the signature of a workbook's macros, which covers nothing else.
_MACRO_SIGNATURE = "vbaProjectSignature"


def patch_xlsx(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source again with the rows' cells in its sheet; rows come ordered by their number.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """
    notes = WriteNotes()
    filled = [column.existing for column in columns if column.existing is not None]
    with opened_source(source) as file, zipfile.ZipFile(file) as package:
        parts = Parts(package)
        entry = parts.sheet(info.sheet)
        with package.open(entry) as part:
            survey = survey_sheet(SheetScanner(part_chunks(part)[1]), info.header_row, parts, entry.filename, filled)
        if parts.has(_MACRO_SIGNATURE):
            notes.remarks.append("The signed macros came back as they were: their signature holds.")
        places = place_columns(info, columns, survey.free_column)
        formats = read_formats(parts)
        feed = RowFeed(rows, is_ordered=survey.is_ordered)

        def rewritten() -> Iterator[bytes]:
            with package.open(entry) as part:
                encoding, xml = part_chunks(part)
                scanner = SheetScanner(xml)
                patcher = RowPatcher(
                    prefix=scanner.prefix,
                    encoding=encoding,
                    places=places,
                    facts=SheetFacts(
                        header_row=info.header_row,
                        header_style=survey.header_style.decode(),
                        merged=survey.merged,
                        computed=survey.computed,
                        rows_grow=not has_fixed_rows(scanner.head),
                    ),
                    formats=formats,
                    notes=notes,
                )
                yield patched_head(scanner.head, scanner.prefix, [place for place in places if place.is_new])
                yield from patched_rows(scanner.rows(), feed, patcher)
                yield from scanner.tail()

        with opened_source(source) as raw, whole_file(target) as out:
            rewrite_package(package, raw, out, {entry.filename: rewritten})
    return notes
