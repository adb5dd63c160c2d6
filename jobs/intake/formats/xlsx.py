"""Workbooks (.xlsx): the sheet with the table, streamed."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from jobs.intake.formats.choice import choose_sheet
from jobs.intake.formats.remarks import signature_losses, workbook_notes
from jobs.intake.header import first_rows, lay_out
from jobs.intake.merged import spread
from jobs.intake.numbers.number_text import NumberText
from jobs.intake.ooxml.cells import CellReader
from jobs.intake.ooxml.merges import merges_above
from jobs.intake.ooxml.package import Package, SheetPart, reading
from jobs.intake.ooxml.strings import SharedStrings
from jobs.intake.ooxml.strings_part import read_strings
from jobs.intake.ooxml.styles import read_styles
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo


class XlsxSheet:
    """One worksheet of a workbook."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        self._path = path
        with reading(path), Package(path) as package:
            self._strings = _strings(package)
            self._styles = _styles(package)
            self._part, info = choose_sheet(
                path, package.sheets, lambda part: self._look(package, part, options.header_row), options.sheet
            )
            self._info = replace(info, losses=signature_losses(is_signed=package.is_signed))

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""
        with reading(self._path), Package(self._path) as package:
            reader = CellReader(self._strings, self._styles)
            for row in self._rows(package, self._part, reader):
                if row.number > self._info.header_row:
                    yield row
            notes = workbook_notes(reader.no_result_rows, is_protected=reader.is_protected)
            self._info = replace(self._info, notes=notes)

    def _rows(self, package: Package, part: SheetPart, reader: CellReader) -> Generator[Row]:
        with package.open(part.part) as file, closing(reader.rows(file)) as rows:
            yield from rows

    def _look(self, package: Package, part: SheetPart, header_row: int | None) -> tuple[SheetInfo, int]:
        """Describe a sheet by its first rows; how many of them are data."""
        with closing(self._rows(package, part, CellReader(self._strings, self._styles))) as rows:
            sample = first_rows(rows, header_row)
        where = f'{self._path.name}, sheet "{part.name}"'
        header, columns = lay_out(sample, header_row, where)
        if _has_gaps(sample, header.number, len(columns)):
            with package.open(part.part) as file:
                merges = merges_above(file, sample[-1].number)
            if merges:
                sample = spread(sample, merges)
                header, columns = lay_out(sample, header_row, where)
        info = SheetInfo(
            path=self._path, format="xlsx", sheet=part.name, header_row=header.number, columns=columns, notes=()
        )
        return info, sum(row.number > header.number for row in sample)


def _has_gaps(sample: Sequence[Row], header_row: int, width: int) -> bool:
    """Whether the header or a row above it has cells without text: they may be merged with others."""
    return any(len(row.cells) < width or not all(row.cells) for row in sample if row.number <= header_row)


def _strings(package: Package) -> SharedStrings:
    part = package.part_of("sharedStrings")
    if not part:
        return SharedStrings()
    with package.open(part) as file:
        return read_strings(file)


def _styles(package: Package) -> dict[str, NumberText]:
    part = package.part_of("styles")
    if not part:
        return {}
    with package.open(part) as file:
        return read_styles(file, dates_from_1904=package.dates_from_1904)
