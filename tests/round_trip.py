"""What must hold between a workbook and the same workbook with copy in it; for any .xlsx or .xlsm."""

from __future__ import annotations

import subprocess
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import openpyxl
from lxml import etree
from outputs_making import SEO, result

from jobs.intake.formats.xlsx import XlsxSheet
from jobs.sheet import ReadOptions, SheetInfo
from outputs.writeback import write_workbook
from outputs.xlsx.parts import Parts
from templates.errors import UserError

#: Copy as models write it: long, with a line break, quotation marks and characters of markup.
COPY = {"title": 'Light & warm <3 "Fjäll"', "meta": "For cold, wet days.\n" + "Recycled nylon keeps the wind out. " * 8}
_ROWS = 12
_AWARE = {"dimension", "cols", "sheetData"}
_CONVERT = ["soffice", "--headless", "--norestore", "--convert-to"]
#: The first pages are enough: a sheet of a million rows would print for an hour.
_PDF = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1-3"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """A workbook and its twin with copy in it."""

    source: Path
    target: Path
    info: SheetInfo
    #: Name of the sheet's part.
    part: str


def written_back(source: Path, folder: Path, *, sheet: str | None = None) -> RoundTrip | None:
    """Write made-up copy into the first rows of a workbook's table; None when it is no table with rows."""
    try:
        table = XlsxSheet(source, ReadOptions(sheet=sheet))
        rows = [row.number for row in islice(table.rows(), _ROWS)]
    except UserError:
        return None
    if not rows:
        return None
    target = folder / source.name
    results = [result(row, copy=COPY) for row in rows]
    write_workbook(table.info, target, templates=[SEO], locales=[], fill={}, results=results, simulated=False)
    with zipfile.ZipFile(source) as package:
        part = Parts(package).sheet(table.info.sheet).filename
    return RoundTrip(source=source, target=target, info=table.info, part=part)


def differences(trip: RoundTrip) -> list[str]:
    """Say all that is not as it was; empty when only cells of ours came."""
    return [*_parts(trip), *_sheet_xml(trip), *_texts(trip), *_cells(trip)]


def _parts(trip: RoundTrip) -> Iterator[str]:
    """Compare the packages entry by entry: all but the sheet's own keep their bytes."""
    with zipfile.ZipFile(trip.source) as before, zipfile.ZipFile(trip.target) as after:
        if [entry.orig_filename for entry in before.infolist()] != [entry.orig_filename for entry in after.infolist()]:
            yield "the package has other entries, or in another order"
            return
        if before.comment != after.comment:
            yield "the package's comment is gone"
        for old, new in zip(before.infolist(), after.infolist(), strict=True):
            kept = ("compress_type", "date_time", "external_attr", "create_system", "comment")
            yield from (f"{old.filename}: other {name}" for name in kept if getattr(old, name) != getattr(new, name))
            if old.filename != trip.part and before.read(old) != after.read(new):
                yield f"{old.filename} has other bytes"


def _sheet_xml(trip: RoundTrip) -> Iterator[str]:
    """Compare the sheet's XML: each of the user's cells, rows' attributes, and all around the rows."""
    before, after = (_sheet(path, trip.part) for path in (trip.source, trip.target))
    if [child.tag for child in after if _name(child) != "cols"] != [
        child.tag for child in before if _name(child) != "cols"
    ]:
        yield "the sheet has other elements"
        return
    twins = {child.tag: [other for other in after if other.tag == child.tag] for child in before}
    for child in before:
        twin = twins[child.tag].pop(0) if twins[child.tag] else None
        if _name(child) not in _AWARE and (twin is None or _bytes(child) != _bytes(twin)):
            yield f"the sheet has another <{_name(child)}>"
    old_rows, new_rows = (_rows(root) for root in (before, after))
    if len(old_rows) != len(new_rows):
        yield f"the sheet has {len(new_rows)} rows, not {len(old_rows)}"
    for old, new in zip(old_rows, new_rows, strict=False):
        yield from _row(old, new)


def _row(old: etree._Element, new: etree._Element) -> Iterator[str]:
    ours_to_change = {"spans", "ht"} if "customHeight" not in old.attrib else {"spans"}
    where = f"row {old.get('r')}"
    for name in {*old.attrib, *new.attrib} - ours_to_change:
        if old.get(name) != new.get(name):
            yield f"{where}: {name} was {old.get(name)}, is {new.get(name)}"
    cells = iter(new)
    for cell in old:
        if _name(cell) == "c" and len(cell) == 0:
            continue
        wanted = _bytes(cell)
        if not any(_bytes(other) == wanted for other in cells):
            yield f"{where}: {cell.get('r')} is not as it was"
            return


def _texts(trip: RoundTrip) -> Iterator[str]:
    """Read both with our own reader: the same texts in the user's columns, the copy in ours."""
    old, new = (
        XlsxSheet(path, ReadOptions(sheet=trip.info.sheet, header_row=trip.info.header_row))
        for path in (trip.source, trip.target)
    )
    width = len(old.info.columns)
    headers = [column.raw for column in new.info.columns]
    meta = next((place for place, header in enumerate(headers) if header.startswith("Meta description")), None)
    if [column.raw for column in old.info.columns] != headers[:width] or meta is None:
        yield "the header is not as it was, with ours behind it"
        return
    for number, (before, after) in enumerate(zip(old.rows(), new.rows(), strict=True)):
        kept = after.cells[:width]
        if before.number != after.number or before.cells + ("",) * (len(kept) - len(before.cells)) != kept:
            yield f"row {before.number} reads {after.cells[:width]}"
        if number < _ROWS and after.cells[meta] != COPY["meta"]:
            yield f"row {before.number} has no copy"


def _cells(trip: RoundTrip) -> Iterator[str]:
    """Read both with openpyxl, with formulas and with their results: every cell's value and style."""
    for data_only in (False, True):
        try:
            before = _opened(trip.source, data_only=data_only)
        except Exception:  # noqa: BLE001 - openpyxl fails in many ways on workbooks that Excel reads
            return
        after = _opened(trip.target, data_only=data_only)
        if before.sheetnames != after.sheetnames:
            yield "openpyxl finds other sheets"
        for sheet in before.worksheets:
            twin = after[sheet.title]
            for place, cell in sheet._cells.items():
                other = twin._cells.get(place)
                if other is None or (cell.value is None and other.value is not None):
                    if other is None:
                        yield f"{sheet.title}!{cell.coordinate} is gone"
                elif (_value(cell.value), cell._style) != (_value(other.value), other._style):
                    yield f"{sheet.title}!{cell.coordinate}: {cell.value!r} became {other.value!r}, or another style"


def _opened(path: Path, *, data_only: bool) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl would lose is not lost here
        return openpyxl.load_workbook(path, data_only=data_only, rich_text=True)


def _value(value: object) -> object:
    return vars(value) if hasattr(value, "__dict__") else value


def _sheet(path: Path, part: str) -> etree._Element:
    with zipfile.ZipFile(path) as package:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
        return etree.fromstring(package.read(part), parser)


def _rows(root: etree._Element) -> list[etree._Element]:
    return [row for child in root if _name(child) == "sheetData" for row in child if _name(row) == "row"]


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _bytes(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", with_tail=False)


def converted(books: Iterable[Path], folder: Path, *, timeout_s: float = 600) -> dict[Path, int]:
    """Print workbooks to PDF in one run of LibreOffice: workbook -> bytes of its PDF, 0 when it could not."""
    books = list(books)
    if not books:
        return {}
    (folder / "pdf").mkdir(parents=True, exist_ok=True)
    links = {}
    for number, book in enumerate(books):
        links[book] = folder / f"{number:03}{book.suffix}"
        links[book].symlink_to(book)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        [*_CONVERT[:3], profile, *_CONVERT[3:], _PDF, "--outdir", str(folder / "pdf"), *map(str, links.values())],
        check=True,
        capture_output=True,
        timeout=timeout_s,
    )
    pdfs = {book: folder / "pdf" / f"{link.stem}.pdf" for book, link in links.items()}
    return {book: pdf.stat().st_size if pdf.exists() else 0 for book, pdf in pdfs.items()}
