"""What a process does that handles a stranger's file: it sets its limits, works, and tells how that ended.

It has none of the caller's environment, so that a file that takes it over finds no credentials.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from jobs.intake.isolation.frames import FrameReader, write_frame
from jobs.intake.refusals import told
from templates.errors import UserError


def serve(work: Callable[[FrameReader, IO[bytes]], None]) -> None:
    """Do one work within the limits that are told first; what it raises goes back as a message."""
    out = _own_output()
    frames = FrameReader(sys.stdin.fileno(), None)
    start = frames.read()
    if start is None:
        return
    _limit(**start[1])
    try:
        work(frames, out)
    except UserError as error:
        write_frame(out, "error", [error.message, error.fix, error.code])
    except MemoryError:
        write_frame(out, "memory", None)
    except BrokenPipeError:
        # Who asked is gone.
        pass
    # A library's own panic may be no Exception, and every failure of a file is to be told in a sentence.
    except BaseException as error:  # noqa: BLE001
        write_frame(out, "failure", [f"{type(error).__name__}: {told(error)}", traceback.format_exc()])


def _own_output() -> IO[bytes]:
    """Keep standard output for messages: what a library prints goes nowhere."""
    out = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    return out


def _limit(*, memory_bytes: int, cpu_s: int) -> None:
    import resource  # noqa: PLC0415 - POSIX only; the caller may be read on any system

    for which, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_CORE, 0)):
        # macOS refuses some of them; the limit on silence holds there.
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))
