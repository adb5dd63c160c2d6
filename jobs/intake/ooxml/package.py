"""The parts of an .xlsx package: its sheets, styles and strings, found by their relationships."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self
from zipfile import ZipFile, ZipInfo

from lxml import etree

from jobs.intake.ooxml.relationships import Relation, part_key, read_relations, relation_id, relations_part
from jobs.intake.refusals import not_a_table, told
from jobs.intake.zip_file import MALFORMED, MOST_UNPACKED_BYTES, ZIP_DAMAGE
from templates.errors import UserError

#: What the first parts of other zip files are.
_OTHERS = (
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a presentation"),
    ("index/document.iwa", "a Numbers or Pages document"),
)
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as .xlsx, or give an earlier copy."
#: zipfile's words for a part that is not what was written. It is refused: a value in it may be another, and other
#: programs would not open the copy either.
_BAD_CHECK_SUM = re.compile(r"Bad CRC-32 for file '([^']*)'")
#: Folder of the digital signatures. Source: ECMA-376 part 2, 12.2.4.
_SIGNATURES = "_xmlsignatures/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A worksheet of the workbook."""

    name: str
    #: Name of its part in the package, "" when the package lacks it.
    part: str
    visible: bool


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what damaged packages make libraries say into one sentence."""
    try:
        yield
    except (*ZIP_DAMAGE, RuntimeError) as error:
        why = _BAD_CHECK_SUM.sub(r"the check sum of \1 is wrong", told(error))
        raise UserError(
            f"{path.name} is damaged: it is not a whole workbook ({why}).", fix=_SAVE_AGAIN, code="source"
        ) from error
    except (etree.LxmlError, *MALFORMED) as error:
        raise UserError(
            f"{path.name} is damaged: a part of the workbook cannot be read ({told(error)}).",
            fix=_SAVE_AGAIN,
            code="source",
        ) from error
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}.", fix="Check the disk or the share.", code="source"
        ) from error


class Package:
    """An opened .xlsx package."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = ZipFile(path)
        try:
            self._parts = {part_key(info.filename): info for info in self._zip.infolist()}
            self.workbook = self._find_workbook()
            self._targets = self._relationships(self.workbook)
            self.dates_from_1904 = False
            self.sheets = self._read_workbook()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @property
    def is_signed(self) -> bool:
        """Whether it has a digital signature, which covers its content; one of its macros is another matter."""
        return any(part.startswith(_SIGNATURES) for part in self._parts)

    def part_of(self, kind: str) -> str:
        """Find the workbook's part of a kind (`styles`, `sharedStrings`), "" when it has none."""
        return next((part for type_, part in self._targets.values() if type_ == kind and self._info(part)), "")

    def open(self, part: str) -> IO[bytes]:
        """Open a part for reading."""
        info = self._info(part)
        if info is None:
            raise ValueError(f"the part {part or 'of the sheet'} is missing")
        if info.flag_bits & 1:
            raise UserError(
                f"{self._path.name} is encrypted (protected by a password).",
                fix="Save a copy without a password.",
                code="encrypted",
            )
        if info.file_size > MOST_UNPACKED_BYTES:
            raise UserError(
                f"{self._path.name} unpacks to {info.file_size:,} bytes in one part, over {MOST_UNPACKED_BYTES:,}.",
                fix="Split the table into several workbooks.",
                code="source",
            )
        return self._zip.open(info)

    def _info(self, part: str) -> ZipInfo | None:
        return self._parts.get(part_key(part))

    def _find_workbook(self) -> str:
        for type_, part in self._relationships("").values():
            if type_ == "officeDocument" and self._info(part) and not part.casefold().startswith(("word/", "ppt/")):
                if part.casefold().endswith(".bin"):
                    break
                return part
        if self._info("xl/workbook.xml"):
            return "xl/workbook.xml"
        kind = next((kind for part, kind in _OTHERS if self._info(part)), "a zip archive without a workbook in it")
        raise not_a_table(self._path.name, kind)

    def _relationships(self, part: str) -> dict[str, Relation]:
        source = relations_part(part)
        return read_relations(self._tree(source), part) if self._info(source) else {}

    def _read_workbook(self) -> tuple[SheetPart, ...]:
        sheets = []
        root = self._tree(self.workbook)
        # Excel writes an extension of the same name at the end, which says nothing of dates.
        properties = root.find("{*}workbookPr")
        self.dates_from_1904 = properties is not None and properties.get("date1904") in {"1", "true", "on"}
        for element in root.iter("{*}sheet"):
            kind, part = self._targets.get(relation_id(element), ("", ""))
            if kind == "worksheet":
                visible = element.get("state", "visible") == "visible"
                sheets.append(SheetPart(name=element.get("name", ""), part=part, visible=visible))
        return tuple(sheets)

    def _tree(self, part: str) -> etree._Element:
        with self.open(part) as file:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
            root = etree.parse(file, parser).getroot()
        if root is None:
            raise ValueError(f"the part {part} is no XML")
        return root
