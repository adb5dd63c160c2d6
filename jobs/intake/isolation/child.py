"""The process that reads a source: `python -m jobs.intake.isolation.child`, one source for each.

It answers a request with what it found, and sends the rows when it is told to go on.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from jobs.intake.isolation.frames import FrameReader, write_frame
from jobs.intake.isolation.info import info_to_json
from jobs.intake.isolation.serving import serve
from jobs.sheet import ReadOptions, Row

_PAGE_ROWS = 500
#: A page of rows with long texts is sent before it is full.
_PAGE_CHARS = 1 << 20


def _read(frames: FrameReader, out: IO[bytes]) -> None:
    # Imported once the limits hold: the libraries that read formats are their first users.
    from jobs.intake.opening import open_sheet  # noqa: PLC0415

    request = frames.read()
    if request is None:
        return
    path, options = request[1]
    sheet = open_sheet(Path(path), ReadOptions(**options))
    write_frame(out, "info", info_to_json(sheet.info))
    if frames.read() is None:
        return
    page: list[Row] = []
    chars = 0
    for row in sheet.rows():
        page.append(row)
        chars += len("".join(row.cells))
        if len(page) == _PAGE_ROWS or chars > _PAGE_CHARS:
            write_frame(out, "rows", page)
            page, chars = [], 0
    write_frame(out, "rows", page)
    write_frame(out, "end", info_to_json(sheet.info))


if __name__ == "__main__":
    serve(_read)
