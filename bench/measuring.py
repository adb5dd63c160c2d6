"""Runs a program as a process of its own and measures what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_SAMPLE_S = 0.05
MODEL = "amazon.nova-lite-v1:0"
TEMPLATE = "product-description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a process and its children took."""

    wall_s: float
    #: User and system time, children included.
    cpu_s: float
    #: The most that the whole tree held at one moment.
    peak_bytes: int
    #: The JSON that it printed.
    said: dict[str, Any]


def measured(command: Sequence[str], *, environ: Mapping[str, str], folder: Path) -> Measured:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed; its last words are in the message.
    """
    out, err = folder / "stdout", folder / "stderr"
    # An installed program has its bytecode; a machine that forbids to keep it would measure the compiler.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=folder, env={**inherited, **environ}
        )
        peak = 0
        tree = psutil.Process(process.pid)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _rss_bytes(tree))
            time.sleep(_SAMPLE_S)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {err.read_text()[-800:]}")
    return Measured(
        wall_s=time.monotonic() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        # The kernel's own high-water mark sees the spikes between two samples.
        peak_bytes=max(peak, usage.ru_maxrss * 1024),
        said=json.loads(out.read_text()),
    )


def skuscribe_run(
    source: Path,
    *,
    endpoint: str,
    folder: Path,
    options: Sequence[object] = (),
    environ: Mapping[str, str] | None = None,
) -> Measured:
    """Run `skuscribe run` on a sheet against an endpoint, with a store of its own unless `environ` names another."""
    command = [sys.executable, "-m", "console.main", "run", source, "--template", TEMPLATE, "--model", MODEL]
    command += ["--out", folder / f"result{source.suffix}", "--overwrite", "--yes", "--json", *options]
    settings = {**endpoint_environ(endpoint), "SKUSCRIBE_HOME": str(folder / "home"), **(environ or {})}
    return measured([str(part) for part in command], environ=settings, folder=folder)


def tree_cpu_s(pid: int) -> float:
    """Give the user and system time that a process and its children took so far, ended ones included."""
    root = psutil.Process(pid)
    times = root.cpu_times()
    ended_s = times.children_user + times.children_system
    return float(ended_s + sum(_own_cpu_s(process) for process in (root, *root.children(recursive=True))))


def _own_cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it ended just now
        return 0.0
    return float(times.user + times.system)


def endpoint_environ(endpoint: str) -> dict[str, str]:
    """Lead boto3 to an endpoint on this machine."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }


def _rss_bytes(root: psutil.Process) -> int:
    total = 0
    try:
        for process in (root, *root.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:  # one of them ended just now
        return total
    return total
