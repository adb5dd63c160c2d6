"""The copy beside the cells of a binary workbook (.xls, .xlsb) or of a feed, all written as a new .xlsx."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from jobs.intake.book import Book, BookTab, OpenBook
from jobs.intake.formats.feed import open_feed
from jobs.intake.formats.xls import open_xls
from jobs.intake.formats.xlsb import open_xlsb
from jobs.intake.letters import column_letter
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.conversion.lenient_book import LenientBook
from outputs.conversion.rows import NewRow, rows_xml
from outputs.conversion.shell import make_shell
from outputs.conversion.survey import TabSurvey, survey_book
from outputs.conversion.table import OurCells, Table
from outputs.conversion.users_cells import UsersCells
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import opened_source
from outputs.whole_file import whole_file
from outputs.xlsx.package import package_writer
from templates.errors import UserError

_BOOKS: Mapping[str, OpenBook] = {"xls": open_xls, "xlsb": open_xlsb, "feed": open_feed}
#: The shell's rows, in whose place the real ones come.
_ROWS = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'(<dimension ref=")[^"]*')


def convert_book(
    source: Path, target: Path, info: SheetInfo, columns: Sequence[OutputColumn], rows: Iterator[tuple[int, Cells]]
) -> WriteNotes:
    """Write the source's sheets as a new workbook with the rows' cells in it; rows come ordered by their number.

    Raises:
        UserError: the source is gone, changed or damaged, or the target cannot be written.
    """
    notes = WriteNotes()
    with opened_source(source), _BOOKS[info.format](source) as whole:
        tab = _table_tab(whole, info)
        book = LenientBook(whole, tab)
        survey = survey_book(book, tab, info.header_row)
        table = Table(info, columns, survey.tabs[tab.index].last_column + 1)
        survey.tabs[tab.index].add(table.last_column, cells_a_row=len(columns))
        shell, styles = make_shell(book, tab, survey.styles, table.widths)

        def new_rows(each: BookTab) -> Iterator[NewRow]:
            headers = {column.index: column.header for column in info.columns} if each is tab else {}
            users = UsersCells(styles, notes, sheet=each.name, headers=headers)
            if each is tab:
                return table.rows(book.rows(tab), RowFeed(rows), users, OurCells(styles, notes))
            return ((row.number, users.cells(row)) for row in book.rows(each))

        with whole_file(target) as out:
            _write(shell, out, survey.tabs, [partial(new_rows, each) for each in book.tabs])
    notes.remarks += [f'The sheet "{name}" is damaged and did not come back whole.' for name in book.broken]
    return notes


def _table_tab(book: Book, info: SheetInfo) -> BookTab:
    tab = next((tab for tab in book.tabs if tab.name == info.sheet), None)
    if tab is None:
        raise UserError(
            f'{info.path.name} has no sheet "{info.sheet}" any more: it was changed while the job ran.',
            fix="Put the file back as it was, then run `skuscribe resume`: what was written is kept.",
            code="source",
        )
    return tab


def _write(
    shell: io.BytesIO, out: IO[bytes], tabs: Sequence[TabSurvey], rows: Sequence[Callable[[], Iterator[NewRow]]]
) -> None:
    """Write the shell's parts, those of its sheets with their rows."""
    sheets = {f"xl/worksheets/sheet{number}.xml": number - 1 for number in range(1, len(tabs) + 1)}
    with zipfile.ZipFile(shell) as package, package_writer(out, package.comment) as writer:
        for part in package.infolist():
            index = sheets.get(part.filename)
            if index is None:
                writer.copy(part, io.BytesIO(shell.getbuffer()))
                continue
            sized = copy.copy(part)
            sized.file_size = tabs[index].xml_bytes
            writer.write(sized, _filled(package.read(part), tabs[index], rows[index]()))


def _filled(xml: bytes, tab: TabSurvey, rows: Iterator[NewRow]) -> Iterator[bytes]:
    """Stream a sheet of the shell with its real rows."""
    corner = f"A1:{column_letter(max(tab.last_column, 0))}{max(tab.last_row, 1)}"
    before, after = _ROWS.split(_DIMENSION.sub(rb"\g<1>%b" % corner.encode(), xml, count=1), maxsplit=1)
    yield before + b"<sheetData>"
    yield from rows_xml(rows)
    yield b"</sheetData>" + after
