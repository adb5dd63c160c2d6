"""OpenDocument spreadsheets (.ods, .fods): the sheet with the table, streamed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.intake.formats.choice import choose_sheet
from jobs.intake.formats.remarks import signature_losses, workbook_notes
from jobs.intake.header import first_rows, lay_out
from jobs.intake.merged import spread
from jobs.intake.odf.cell_styles import read_styles
from jobs.intake.odf.package import OdfPackage
from jobs.intake.odf.table_count import most_tables
from jobs.intake.odf.tables import OdfTable, read_tables
from jobs.intake.ooxml.package import reading
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo


@dataclass(frozen=True, slots=True)
class _Tab:
    """A table of the file, by its first rows."""

    name: str
    visible: bool
    #: Its place in the file, from 0.
    place: int
    sample: tuple[Row, ...]


class OdsSheet:
    """One table of an OpenDocument spreadsheet."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND) -> None:
        self._path = path
        self._header_row = options.header_row
        with reading(path), OdfPackage(path) as package:
            with closing(self._tabs(package)) as tabs:
                tab, info = choose_sheet(path, tabs, self._look, options.sheet)
            self._place = tab.place
            self._info = replace(info, losses=signature_losses(is_signed=package.is_signed))

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order."""
        with reading(self._path), OdfPackage(self._path) as package, closing(_tables(package)) as tables:
            table = next(table for place, table in enumerate(tables) if place == self._place)
            for row in table.rows():
                if row.number > self._info.header_row:
                    yield row
        notes = workbook_notes(table.no_result_rows, is_protected=table.is_protected)
        self._info = replace(self._info, notes=notes)

    def _tabs(self, package: OdfPackage) -> Generator[_Tab]:
        """Give the tables one after the other, each with its first rows; those behind the chosen one are not read."""
        most: int | None = None
        with closing(_tables(package)) as tables:
            for place, table in enumerate(tables):
                with closing(table.rows(with_merges=True)) as rows:
                    sample = spread(first_rows(rows, self._header_row), table.merges)
                yield _Tab(table.name, table.is_visible, place, tuple(sample))
                # Only whoever wants another comes to here: that there is none is told much sooner than read.
                most = most_tables(package) if most is None else most
                if place + 1 >= most:
                    return

    def _look(self, tab: _Tab) -> tuple[SheetInfo, int]:
        """Describe a table by its first rows; how many of them are data."""
        header, columns = lay_out(tab.sample, self._header_row, f'{self._path.name}, sheet "{tab.name}"')
        info = SheetInfo(
            path=self._path, format="ods", sheet=tab.name, header_row=header.number, columns=columns, notes=()
        )
        return info, sum(row.number > header.number for row in tab.sample)


def _tables(package: OdfPackage) -> Generator[OdfTable]:
    with package.styles() as file:
        styles = read_styles(file)
    with package.content() as file, closing(read_tables(file, styles)) as tables:
        yield from tables
