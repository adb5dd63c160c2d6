"""The process that writes a source again: `python -m outputs.isolation.child`, one source for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

from jobs.intake.isolation.frames import FrameReader, write_frame
from jobs.intake.isolation.info import info_from_json
from jobs.intake.isolation.serving import serve
from outputs.isolation.messages import columns_from_json, rows_from_json
from outputs.rows import Cells


def _write(frames: FrameReader, out: IO[bytes]) -> None:
    # Imported once the limits hold: the libraries that read formats are their first users.
    from outputs.formats import write_source  # noqa: PLC0415

    request = frames.read()
    if request is None:
        return
    asked = request[1]
    notes = write_source(
        info_from_json(asked["info"]),
        Path(asked["target"]),
        columns_from_json(asked["columns"]),
        _rows(frames),
        encoding=asked["encoding"],
        password=asked["password"],
    )
    write_frame(out, "notes", asdict(notes))


def _rows(frames: FrameReader) -> Iterator[tuple[int, Cells]]:
    """Take the rows as they come; when who sends them is gone, nothing of the file is to stay."""
    while True:
        frame = frames.read()
        if frame is None:
            raise BrokenPipeError
        kind, page = frame
        if kind == "end":
            return
        yield from rows_from_json(page)


if __name__ == "__main__":
    serve(_write)
