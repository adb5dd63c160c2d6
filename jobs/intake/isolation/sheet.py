"""A sheet that another process reads, within limits, so that no file can hurt the one that asked for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobs.intake.isolation.frames import FrameReader, SilentError
from jobs.intake.isolation.info import info_from_json
from jobs.intake.isolation.limits import ReadLimits
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo
from templates.errors import UserError

#: All that the process gets of the environment: no credentials, no settings.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONDONTWRITEBYTECODE")
#: Arrow's own allocators reserve far more address space than they use; threads do so as well.
_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as .xlsx, or give an earlier copy."


def _modules() -> str:
    """Say where the process finds our modules, which need not be installed."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))


class IsolatedSheet:
    """A sheet whose source is parsed by a process of its own; each pass over the rows has its own."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND, *, limits: ReadLimits) -> None:
        self._path = path
        self._options = options
        self._limits = limits
        reader = _Reader(path, options, limits)
        self._info = info_from_json(reader.found)
        self._waiting: _Reader | None = reader
        weakref.finalize(self, reader.stop)

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order.

        Raises:
            UserError: what is wrong with the file.
        """
        reader, self._waiting = self._waiting or _Reader(self._path, self._options, self._limits), None
        try:
            for page in reader.pages():
                for number, cells in page:
                    yield Row(number, tuple(cells))
        finally:
            reader.stop()
        self._info = info_from_json(reader.found)


class _Reader:
    """The process that reads one source once."""

    def __init__(self, path: Path, options: ReadOptions, limits: ReadLimits) -> None:
        self._path = path
        self._limits = limits
        size = path.stat().st_size if path.is_file() else 0
        # What an archive or an encrypted workbook is opened into goes with the process, however that ends.
        self._folder = tempfile.TemporaryDirectory(prefix="skuscribe-", ignore_cleanup_errors=True)
        surroundings = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jobs.intake.isolation.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings | _FRUGAL | {"TMPDIR": self._folder.name, "PYTHONPATH": _modules()},
            # Control-C is for the command, which then ends this process itself.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._frames = FrameReader(self._process.stdout.fileno(), limits.silence_s(size))
        request = {
            "path": str(path),
            "options": asdict(options),
            "memory_bytes": limits.memory_bytes,
            "cpu_s": limits.cpu_s(size),
        }
        self._send(json.dumps(request).encode() + b"\n")
        try:
            #: What was found out about the sheet.
            self.found: dict[str, Any] = self._read()[1]
        except BaseException:
            self.stop()
            raise

    def pages(self) -> Iterator[list[tuple[int, list[str]]]]:
        """Stream the rows page by page; `found` is then complete."""
        self._send(b"go on\n")
        while True:
            kind, value = self._read()
            if kind == "end":
                self.found = value
                return
            yield value

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _send(self, line: bytes) -> None:
        # A process that is gone is told about when its answer is read.
        with suppress(OSError):
            assert self._process.stdin is not None  # noqa: S101 - asked for above
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self) -> tuple[str, Any]:
        try:
            frame = self._frames.read()
        except SilentError:
            raise self._too_long() from None
        if frame is None:
            raise self._ended()
        kind, value = frame
        match kind:
            case "error":
                raise UserError(value[0], fix=value[1], code=value[2])
            case "memory":
                raise self._too_big()
            case "failure":
                raise self._broken(value[0], value[1])
        return kind, value

    def _ended(self) -> UserError:
        code = self._process.wait()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return self._too_long()
        return self._broken(f"the process that read it ended with {code}")

    def _too_long(self) -> UserError:
        return UserError(
            f"{self._path.name} takes too long to read: it was given up.",
            fix="Save the table alone as .xlsx or .csv; if it is just large, raise SKUSCRIBE_SOURCE_SECONDS "
            f"(now {self._limits.seconds:g}).",
            code="source",
        )

    def _too_big(self) -> UserError:
        mib = self._limits.memory_bytes >> 20
        return UserError(
            f"{self._path.name} needs more than {mib:,} MiB of memory to read: it was given up.",
            fix="Split the table or save it as .csv; if it is just large, raise SKUSCRIBE_SOURCE_MEMORY_MIB "
            f"(now {mib}).",
            code="source",
        )

    def _broken(self, why: str, where: str = "") -> UserError:
        if where and os.environ.get("SKUSCRIBE_TRACEBACK"):
            sys.stderr.write(where)
        return UserError(
            f"{self._path.name} cannot be read: it is damaged, or shows a defect of ours ({why}).",
            fix=f"{_SAVE_AGAIN} SKUSCRIBE_TRACEBACK=1 shows where it fails.",
            code="source",
        )
