"""A process that never outlives the one that started it, and whose lines can be told from others'."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from compose_local import Launch

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class LocalProcess:
    """One started service; its lines go into `log`, and to `show` one by one."""

    def __init__(self, launch: Launch, *, folder: Path, show: Callable[[str, str], None] | None = None) -> None:
        self.launch = launch
        self.log = folder / "logs" / f"{launch.name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=launch.environ,
            # Ctrl-C is for us: we stop them in their order.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the C library, which takes no lock
        )
        self._reader = threading.Thread(target=self._read, args=(show,), name=f"log-{launch.name}", daemon=True)
        self._reader.start()

    @property
    def name(self) -> str:
        """Its name among the others."""
        return self.launch.name

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended, None while it runs."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.code is None

    def well(self, timeout_s: float = 10) -> bool:
        """Ask its health check."""
        if not self.launch.health:
            return self.running
        try:
            return not subprocess.run(
                self.launch.health, env=self.launch.environ, capture_output=True, timeout=timeout_s, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False

    def kill(self) -> None:
        """Kill -9, with what it started."""
        self._signal(signal.SIGKILL, group=True)
        self.wait(30)

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Let it stand still (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def cont(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def wait(self, timeout_s: float) -> int:
        """Wait for its end; give how it ended.

        Raises:
            subprocess.TimeoutExpired: it has not ended.
        """
        code = self._process.wait(timeout_s)
        # A grandchild that still holds the pipe must not hold us.
        self._reader.join(2)
        return code

    def last_lines(self, count: int = 20) -> str:
        """Give the end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def _signal(self, number: int, *, group: bool = False) -> None:
        if not self.running:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number) if group else self._process.send_signal(number)

    def _read(self, show: Callable[[str, str], None] | None) -> None:
        with self.log.open("ab") as log, self._process.stdout as lines:
            for line in lines:
                log.write(line)
                log.flush()
                if show:
                    show(self.name, line.decode(errors="replace").rstrip())
