"""An OpenDocument spreadsheet as it lies on the disk: a zip of parts (.ods), or one flat XML file (.fods)."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import IO, Self
from zipfile import ZipFile

from lxml import etree

from jobs.intake.odf.names import MANIFEST, OFFICE_URI
from jobs.intake.refusals import not_a_table
from jobs.intake.zip_file import MOST_UNPACKED_BYTES, entry_names
from templates.errors import UserError

#: The manifest and the styles are small in any real file.
_MOST_SIDE_BYTES = 64 << 20

CONTENT = "content.xml"
_STYLES = "styles.xml"
_MANIFEST = "META-INF/manifest.xml"
_SIGNATURES = "META-INF/documentsignatures.xml"
#: ODF 1.4 puts a document with a password into one part. Source: OASIS OpenDocument 1.4, part 2, 3.4.
_WHOLE_ENCRYPTED = "encrypted-package"

#: Other programs' XML names OpenDocument among its namespaces as well.
_FLAT_ROOT = re.compile(rb"<(?:[\w.-]+:)?document[\s>]")
_MIMETYPE = "application/vnd.oasis.opendocument."
_KINDS = {
    "text": "a text document",
    "presentation": "a presentation",
    "graphics": "a drawing",
    "database": "a database",
    "base": "a database",
    "chart": "a chart",
    "formula": "a formula",
}
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as .ods or .xlsx, or give an earlier copy."


def is_opendocument(path: Path, start: bytes) -> bool:
    """Whether a zip is of the OpenDocument family, by its first bytes, else by its parts."""
    if start[30:].startswith(b"mimetype" + _MIMETYPE.encode()):
        return True
    return {CONTENT, _MANIFEST} <= set(entry_names(path) or ())


def is_flat(start: bytes) -> bool:
    """Whether a file's first bytes are those of a flat OpenDocument file."""
    return OFFICE_URI.encode() in start and _FLAT_ROOT.search(start) is not None and not start.startswith(b"PK")


class OdfPackage:
    """An opened OpenDocument spreadsheet.

    Raises: UserError (source, encrypted) when it has a password or is another kind of document.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self._zip = ZipFile(path) if file.read(2) == b"PK" else None
        try:
            self._refuse_encrypted()
            self._refuse_other_kinds()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip:
            self._zip.close()

    @property
    def is_signed(self) -> bool:
        """Whether it has a digital signature."""
        return self._has(_SIGNATURES)

    def content(self) -> IO[bytes]:
        """Open the part with the tables."""
        return self._open(CONTENT, MOST_UNPACKED_BYTES) if self._zip else self._path.open("rb")

    def styles(self) -> IO[bytes]:
        """Open the part with the styles that all tables share."""
        has_part = self._has(_STYLES)
        return self._open(_STYLES, _MOST_SIDE_BYTES) if has_part else io.BytesIO(b"<none/>")

    def _has(self, part: str) -> bool:
        return self._zip is not None and part in self._zip.NameToInfo

    def _open(self, part: str, most_bytes: int) -> IO[bytes]:
        if self._zip is None or not self._has(part):
            raise ValueError(f"the part {part} is missing")
        entry = self._zip.getinfo(part)
        if entry.flag_bits & 1:
            raise self._encrypted()
        if entry.file_size > most_bytes:
            raise UserError(
                f"{self._path.name} unpacks to {entry.file_size:,} bytes in one part, over {most_bytes:,}.",
                fix="Split the table into several files.",
                code="source",
            )
        return self._zip.open(entry)

    def _refuse_encrypted(self) -> None:
        if self._has(_WHOLE_ENCRYPTED):
            raise self._encrypted()
        if not self._has(_MANIFEST):
            return
        with self._open(_MANIFEST, _MOST_SIDE_BYTES) as file:
            for _, element in etree.iterparse(
                file, tag=f"{MANIFEST}encryption-data", resolve_entities=False, no_network=True, recover=True
            ):
                entry = element.getparent()
                if entry is not None and entry.get(f"{MANIFEST}full-path") in {CONTENT, _STYLES}:
                    raise self._encrypted()

    def _refuse_other_kinds(self) -> None:
        if not self._has("mimetype"):
            return
        with self._open("mimetype", _MOST_SIDE_BYTES) as file:
            kind = file.read(100).decode("latin-1").strip().removeprefix(_MIMETYPE).partition("-")[0]
        if kind in _KINDS:
            raise not_a_table(self._path.name, f"{_KINDS[kind]} (OpenDocument)")

    def _encrypted(self) -> UserError:
        return UserError(
            f"{self._path.name} is encrypted (protected by a password).",
            fix="Save a copy without a password.",
            code="encrypted",
        )
