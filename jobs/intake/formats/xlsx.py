"""Workbooks (.xlsx): the sheet with the table, streamed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from jobs.intake.header import first_rows, lay_out
from jobs.intake.numbers.number_text import NumberText
from jobs.intake.ooxml.cells import CellReader
from jobs.intake.ooxml.package import Package, SheetPart, reading
from jobs.intake.ooxml.strings import SharedStrings, read_strings
from jobs.intake.ooxml.styles import read_styles
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError, nearest

#: A sheet with fewer columns than this is notes or a list, if another sheet has a table.
_TABLE_COLUMNS = 3


class XlsxSheet:
    """One worksheet of a workbook."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        self._path = path
        with reading(path), Package(path) as package:
            self._strings = _strings(package)
            self._styles = _styles(package)
            self._part, info = self._choose(package, options.sheet, options.header_row)
        self._info = info

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
        self._info = replace(self._info, notes=_notes(reader))

    def _rows(self, package: Package, part: SheetPart, reader: CellReader) -> Generator[Row]:
        with package.open(part.part) as file, closing(reader.rows(file)) as rows:
            yield from rows

    def _choose(self, package: Package, sheet: str | None, header_row: int | None) -> tuple[SheetPart, SheetInfo]:
        """Take the sheet told, else the first visible one that has a table with rows."""
        if sheet is not None:
            part = _told(package.sheets, sheet, self._path)
            return part, self._look(package, part, header_row)[0]
        looked: list[tuple[SheetPart, SheetInfo, int]] = []
        refused: UserError | None = None
        for part in package.sheets:
            if not part.visible:
                continue
            try:
                info, data_rows = self._look(package, part, header_row)
            except UserError as error:
                refused = error
                continue
            looked.append((part, info, data_rows))
            if data_rows and len(info.columns) >= _TABLE_COLUMNS:
                return part, info
        if looked:
            part, info, _ = max(looked, key=lambda entry: (bool(entry[2]), len(entry[1].columns)))
            return part, info
        raise refused or UserError(
            f"{self._path.name} has no visible worksheet.", fix="Name a hidden sheet with --sheet.", code="source"
        )

    def _look(self, package: Package, part: SheetPart, header_row: int | None) -> tuple[SheetInfo, int]:
        """Describe a sheet by its first rows; how many of them are data."""
        with closing(self._rows(package, part, CellReader(self._strings, self._styles))) as rows:
            sample = first_rows(rows, header_row)
        header, columns = lay_out(sample, header_row, f'{self._path.name}, sheet "{part.name}"')
        info = SheetInfo(
            path=self._path, format="xlsx", sheet=part.name, header_row=header.number, columns=columns, notes=()
        )
        return info, sum(row.number > header.number for row in sample)


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


def _told(sheets: tuple[SheetPart, ...], wanted: str, path: Path) -> SheetPart:
    for spelling in (str, lambda name: name.strip().casefold()):
        for part in sheets:
            if spelling(part.name) == spelling(wanted):
                return part
    raise UserError(
        f'{path.name} has no sheet "{wanted}".{nearest(wanted, [part.name for part in sheets])}',
        fix="Give the name on the sheet's tab, or leave --sheet out.",
        code="sheet",
    )


def _notes(reader: CellReader) -> tuple[str, ...]:
    if not reader.no_result_rows:
        return ()
    return (f"{reader.no_result_rows} formulas without a stored result, read as empty: save the workbook once.",)
