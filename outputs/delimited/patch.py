"""The copy inside the user's own CSV or TSV: their cells stay as their bytes are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from jobs.intake.text.codec_names import known_encoding, label
from jobs.intake.text.record_fields import RecordFields
from jobs.intake.text.record_form import record_form
from jobs.intake.text.records import RecordScanner, RecordTooLongError
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.delimited.fields import FieldWriter
from outputs.delimited.units import Units, find_units, transcoded
from outputs.notes import WriteNotes
from outputs.row_feed import RowFeed
from outputs.rows import Cells
from outputs.source_file import missing_row, opened_source
from outputs.whole_file import whole_file
from templates.errors import UserError

#: So many pieces of text are a good write.
_PIECES = 2000
#: Characters around one that the target encoding lacks, for the message.
_AROUND = 20


def patch_delimited(
    source: Path,
    target: Path,
    info: SheetInfo,
    columns: Sequence[OutputColumn],
    rows: Iterator[tuple[int, Cells]],
    *,
    encoding: str = "",
) -> WriteNotes:
    """Write the source again with the rows' cells in it; rows come ordered by their number.

    New cells stand at the end of each record below the header, before its line break; shorter records are filled up to
    the widest one. Blank records and those above the header stay as they are. A cell whose opening quote nothing closes
    is quoted anew, so that ours do not fall into it; all other cells keep their bytes, unless `encoding` names another
    one for the whole file.

    Raises:
        UserError: the source is gone, changed or damaged, the target cannot be written, or the encoding is unknown or
            lacks a character of the user's (code "encoding").
    """
    form = record_form(info)
    fields = RecordFields(form)
    notes = WriteNotes()
    with opened_source(source) as file, whole_file(target) as out:
        told = known_encoding(encoding, "--encoding") if encoding else ""
        units = transcoded(info.encoding, told) if told else find_units(file, info.encoding, form)
        try:
            shape = _measure(file, units, fields, info)
            writer = FieldWriter(units, fields, quote_all=shape.quote_all, notes=notes)
            patch = _Patch(fields, writer, columns, width=shape.width)
            out.write(units.start())
            _write(file, out, patch, info.header_row, RowFeed(rows))
            out.write(units.end())
        except RecordTooLongError as problem:
            raise missing_row(info.header_row) from problem
        except UnicodeEncodeError as problem:
            raise _lacking(problem, source, told) from problem
    return notes


@dataclass(frozen=True, slots=True)
class _Shape:
    #: Fields of the widest record from the header on.
    width: int
    #: The header quotes every cell, so ours are quoted too.
    quote_all: bool


def _measure(file: IO[bytes], units: Units, fields: RecordFields, info: SheetInfo) -> _Shape:
    width, quote_all = len(info.columns), False
    for number, record, _ in RecordScanner(fields).numbered(units.opened(file)):
        if number == info.header_row:
            quote_all = all(field.startswith('"') for field in fields.split(record))
        if number >= info.header_row and record:
            width = max(width, fields.width(record))
    return _Shape(width, quote_all)


def _write(file: IO[bytes], out: IO[bytes], patch: _Patch, header_row: int, feed: RowFeed) -> None:
    units = patch.writer.units
    pieces: list[str] = []
    for number, record, line_break in RecordScanner(patch.fields).numbered(units.opened(file)):
        if number < header_row or not record:
            pieces.append(record)
        elif number == header_row:
            pieces.append(patch.header(record))
        else:
            pieces.append(patch.record(record, number, feed.take(number) or {}))
        pieces.append(line_break)
        if len(pieces) > _PIECES:
            out.write(units.to_bytes("".join(pieces)))
            pieces.clear()
    out.write(units.to_bytes("".join(pieces)))
    feed.close()


def _lacking(problem: UnicodeEncodeError, source: Path, encoding: str) -> UserError:
    before, lacking, behind = (
        problem.object[: problem.start],
        problem.object[problem.start],
        problem.object[problem.end :],
    )
    shown = (before[-_AROUND:].splitlines() or [""])[-1] + lacking + (behind[:_AROUND].splitlines() or [""])[0]
    return UserError(
        f'{source.name} has "{lacking}" (in "{shown}"), which {label(encoding)} lacks.',
        fix="Give --encoding utf-8, which has every character, or leave it out to keep the file's own encoding.",
        code="encoding",
    )


class _Patch:
    """Puts our fields into a record; `width`: fields before ours."""

    def __init__(
        self, fields: RecordFields, writer: FieldWriter, columns: Sequence[OutputColumn], *, width: int
    ) -> None:
        self.fields = fields
        self.writer = writer
        self._width = width
        self._delimiter = fields.form.delimiter
        self._new = [(place, each.header) for place, each in enumerate(columns) if each.existing is None]
        self._in_place = [
            (place, each.header, each.existing) for place, each in enumerate(columns) if each.existing is not None
        ]

    def header(self, record: str) -> str:
        return self._joined(record, {}, [self.writer.field(header, 0, header) for _, header in self._new])

    def record(self, record: str, number: int, cells: Cells) -> str:
        field = self.writer.field
        new = [field(cells.get(place), number, header) for place, header in self._new]
        in_place = {
            column: field(cells[place], number, header) for place, header, column in self._in_place if place in cells
        }
        return self._joined(record, in_place, new)

    def _joined(self, record: str, in_place: dict[int, str], new: list[str]) -> str:
        if '"' not in record and not in_place:
            missing = [""] * (self._width - 1 - record.count(self._delimiter)) if new else []
            return self._delimiter.join([record, *missing, *new])
        fields = self.fields.split_closed(record)
        width = self._width if new else max(in_place, default=-1) + 1
        fields += [""] * (width - len(fields))
        for index, field in in_place.items():
            fields[index] = field
        return self._delimiter.join([*fields, *new])
