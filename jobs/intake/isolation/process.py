"""A process that handles one source for us, within limits, so that no file can hurt the one that asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.intake.isolation.frames import FrameReader, FrameWriter, SilentError
from jobs.intake.isolation.limits import ReadLimits
from templates.errors import UserError

#: All that the process gets of the environment: no credentials, no settings.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONDONTWRITEBYTECODE")
#: Arrow's own allocators reserve far more address space than they use; threads do so as well.
_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as .xlsx, or give an earlier copy."
#: How long a process may tidy up when it is not needed any more.
_LAST_S = 5


class IsolatedProcess:
    """A process that runs one of our modules on one source."""

    def __init__(self, module: str, path: Path, limits: ReadLimits) -> None:
        self._path = path
        self._limits = limits
        size = path.stat().st_size if path.is_file() else 0
        # What an archive or an encrypted workbook is opened into goes with the process, however that ends.
        self._folder = tempfile.TemporaryDirectory(prefix="skuscribe-", ignore_cleanup_errors=True)
        surroundings = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours under our own interpreter
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=surroundings | _FRUGAL | {"TMPDIR": self._folder.name, "PYTHONPATH": _modules()},
            # Control-C is for the command, which then ends this process itself.
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        assert self._process.stdout is not None  # noqa: S101 - as above
        self._in, self._out = self._process.stdin, self._process.stdout
        self._hangs = False
        self._reader = FrameReader(self._out.fileno(), limits.silence_s(size))
        self._writer = FrameWriter(self._in.fileno(), limits.silence_s(size))
        self.send("limits", {"memory_bytes": limits.memory_bytes, "cpu_s": limits.cpu_s(size)})

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether it has ended and was waited for."""
        return self._process.returncode is not None

    def send(self, kind: str, value: Any) -> None:
        """Send a message; a process that is gone is told about when its answer is received.

        Raises:
            UserError: it does not take it in time.
        """
        try:
            with suppress(OSError):
                self._writer.write(kind, value)
        except SilentError:
            raise self._too_long() from None

    def receive(self) -> tuple[str, Any]:
        """Give the next message.

        Raises:
            UserError: what the process says is wrong with the file, or how it ended.
        """
        try:
            frame = self._reader.read()
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

    def stop(self, *, tidily: bool = False) -> None:
        """End the process, whatever it is doing; tidily: it may first take away a file that is half written."""
        self._in.close()
        if tidily and not self._hangs:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_S)
        self._process.kill()
        self._process.wait()
        self._out.close()
        self._folder.cleanup()

    def _ended(self) -> UserError:
        code = self._process.wait()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return self._too_long()
        return self._broken(f"its process ended with {code}")

    def _too_long(self) -> UserError:
        self._hangs = True
        return UserError(
            f"{self._path.name} takes too long: it was given up.",
            fix="Save the table alone as .xlsx or .csv; if it is just large, raise SKUSCRIBE_SOURCE_SECONDS "
            f"(now {self._limits.seconds:g}).",
            code="source",
        )

    def _too_big(self) -> UserError:
        mib = self._limits.memory_bytes >> 20
        return UserError(
            f"{self._path.name} needs more than {mib:,} MiB of memory: it was given up.",
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


def _modules() -> str:
    """Say where the process finds our modules, which need not be installed."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))
