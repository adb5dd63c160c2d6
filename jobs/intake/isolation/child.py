"""The process that reads a source: `python -m jobs.intake.isolation.child`, one source for each.

It takes a request on standard input, answers with what it found, and sends the rows when it is told to go on.
It has none of the caller's environment, so that a file that takes it over finds no credentials.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from jobs.intake.isolation.frames import write_frame
from jobs.intake.isolation.info import info_to_json
from jobs.intake.refusals import told
from jobs.sheet import ReadOptions
from templates.errors import UserError

_PAGE_ROWS = 500
#: A page of rows with long texts is sent before it is full.
_PAGE_CHARS = 1 << 20


def main() -> None:
    """Serve one request."""
    out = _own_output()
    request = json.loads(sys.stdin.buffer.readline())
    _limit(request["memory_bytes"], request["cpu_s"])
    try:
        _serve(request, out)
    except UserError as error:
        write_frame(out, "error", [error.message, error.fix, error.code])
    except MemoryError:
        write_frame(out, "memory", None)
    except BrokenPipeError:
        pass
    # A library's own panic may be no Exception, and every failure of a file is to be told in a sentence.
    except BaseException as error:  # noqa: BLE001
        write_frame(out, "failure", [f"{type(error).__name__}: {told(error)}", traceback.format_exc()])


def _serve(request: dict[str, Any], out: IO[bytes]) -> None:
    # Imported once the limits hold: the libraries that read formats are their first users.
    from jobs.intake.opening import open_sheet  # noqa: PLC0415

    sheet = open_sheet(Path(request["path"]), ReadOptions(**request["options"]))
    write_frame(out, "info", info_to_json(sheet.info))
    if not sys.stdin.buffer.readline():
        return
    page: list[tuple[int, tuple[str, ...]]] = []
    chars = 0
    for row in sheet.rows():
        page.append((row.number, row.cells))
        chars += sum(map(len, row.cells))
        if len(page) == _PAGE_ROWS or chars > _PAGE_CHARS:
            write_frame(out, "rows", page)
            page, chars = [], 0
    write_frame(out, "rows", page)
    write_frame(out, "end", info_to_json(sheet.info))


def _own_output() -> IO[bytes]:
    """Keep standard output for messages: what a library prints goes nowhere."""
    out = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    return out


def _limit(memory_bytes: int, cpu_s: int) -> None:
    import resource  # noqa: PLC0415 - POSIX only; the caller may be read on any system

    for which, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_CORE, 0)):
        # macOS refuses some of them; the limit on silence holds there.
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


if __name__ == "__main__":
    main()
