"""What an OLE container holds: an old workbook, an encrypted one, or another program's document."""

from __future__ import annotations

import struct
from enum import StrEnum
from pathlib import Path
from typing import IO

import olefile

from jobs.intake.refusals import not_a_table

#: The first bytes of every such file.
OLE_SIGNATURE: bytes = olefile.MAGIC
#: The first record of an old workbook that lies in no container: Excel 2, 3, 4, and 5 and 97 as some exports write
#: them. Source: [MS-XLS] 2.4.21, and OpenOffice's "Excel File Format" 5.8.
BARE_WORKBOOKS = tuple(
    bytes.fromhex(start) for start in ("09000400", "09020600", "09040600", "0908080000 05", "0908100000 06")
)

#: Streams of an .xls; Excel 5 and 95 call it Book.
_WORKBOOKS = ("Workbook", "Book")
#: The stream in which an encrypted .xlsx or .xlsb lies. Source: [MS-OFFCRYPTO] 2.3.4.4.
_ENCRYPTED_PACKAGE = "EncryptedPackage"
#: What newer workbooks are called; such a one lies in a container only when it is encrypted.
_NEW = {".xlsx", ".xlsm", ".xlsb"}
_OTHERS = (
    ("WordDocument", "a Word document"),
    ("PowerPoint Document", "a presentation"),
    ("VisioDocument", "a Visio drawing"),
    ("__properties_version1.0", "an Outlook message"),
    ("Contents", "a Works or Publisher document"),
)

_RECORD = struct.Struct("<HH")
#: A record that says that all after it is encrypted; it stands among the first. Source: [MS-XLS] 2.4.117.
_FILE_PASS = 0x2F
_FIRST_RECORDS = 8


class OleContent(StrEnum):
    """What a container holds that intake has to do with."""

    XLS = "xls"
    #: An old or a new workbook that is protected by a password.
    ENCRYPTED = "encrypted"


def ole_content(path: Path) -> OleContent:
    """Look which streams a container has; where these do not tell, its name does: a container named .xlsx is encrypted.

    Raises: UserError (source) when it is another program's document.
    """
    try:
        with olefile.OleFileIO(str(path)) as container:
            if container.exists(_ENCRYPTED_PACKAGE):
                return OleContent.ENCRYPTED
            name = next(filter(container.exists, _WORKBOOKS), "")
            if name:
                with container.openstream(name) as stream:
                    return OleContent.ENCRYPTED if _has_file_pass(stream) else OleContent.XLS
            kind = next((kind for stream, kind in _OTHERS if container.exists(stream)), "")
    # olefile lets through what the damage leads to; the reader that comes next says it better.
    except Exception:  # noqa: BLE001 - as above
        kind = ""
    if not kind:
        return OleContent.ENCRYPTED if path.suffix.casefold() in _NEW else OleContent.XLS
    raise not_a_table(path.name, kind)


def workbook_stream(path: Path) -> bytes:
    """Take an old workbook's records out of its container; the whole file where there is none.

    Raises: ValueError when the container holds no workbook, OSError and others when it is damaged.
    """
    with path.open("rb") as file:
        if not file.read(len(OLE_SIGNATURE)).startswith(OLE_SIGNATURE):
            file.seek(0)
            return file.read()
    with olefile.OleFileIO(str(path)) as container:
        name = next(filter(container.exists, _WORKBOOKS), "")
        if not name:
            raise ValueError("there is no workbook in its container")
        with container.openstream(name) as stream:
            return bytes(stream.read())


def _has_file_pass(stream: IO[bytes]) -> bool:
    for _ in range(_FIRST_RECORDS):
        header = stream.read(_RECORD.size)
        if len(header) < _RECORD.size:
            return False
        kind, size = _RECORD.unpack(header)
        if kind == _FILE_PASS:
            return True
        stream.seek(size, 1)
    return False
