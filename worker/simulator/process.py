"""Starts the simulator as a process of its own, which never outlives the process that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from templates.errors import SkuscribeError
from worker.simulator.local_s3 import check_installed
from worker.simulator.settings import SimulatorSettings, as_arguments

_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorProcess:
    """A running simulator."""

    endpoint: str
    #: Where its S3 is, "" when it serves none.
    s3_endpoint: str = ""
    process: subprocess.Popen[bytes]

    def close(self) -> None:
        """Stop it and wait until it has ended."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start_simulator(settings: SimulatorSettings) -> SimulatorProcess:
    """Start a simulator on a free port of this machine and wait until it listens.

    Raises:
        UserError: it is to serve S3, and what that needs is not installed.
        SkuscribeError: it did not start.
    """
    if settings.s3:
        check_installed()
    root = Path(__file__).resolve().parents[2]
    # -P: a folder named `worker` or `templates` where the user stands must not take the place of ours.
    process = subprocess.Popen(  # noqa: S603 - our own module, run by our own interpreter
        [sys.executable, "-P", "-m", "worker.simulator", "--port=0", "--with-parent", *as_arguments(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))},
        # Ctrl-C reaches the whole group: the simulator must answer until its parent has settled what is open.
        start_new_session=True,
    )
    late = threading.Timer(_START_LIMIT_S, process.kill)
    late.start()
    line = process.stdout.readline() if process.stdout else b""
    late.cancel()
    if not line:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        raise SkuscribeError(
            "The simulator did not start.",
            fix="Run `skuscribe simulator` to see why.",
            code="simulator",
        )
    said = json.loads(line)
    return SimulatorProcess(endpoint=said["endpoint"], s3_endpoint=said.get("s3_endpoint", ""), process=process)
