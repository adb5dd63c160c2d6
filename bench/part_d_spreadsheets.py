"""(d) Reading a sheet and writing copy into it, beside pandas and openpyxl in the same run; a large CSV."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, measured
from wide_products import WIDE_HEADER

_ROOT = Path(__file__).resolve().parents[1]
_MIB = 1024 * 1024
LEAST_RATIO = 5.0
MOST_MIB = 350
MOST_GROWTH = 1.2


def part_d(*, quick: bool) -> bool:
    """Measure both; print and give whether the targets are kept."""
    rows, small, large = (10_000, 10_000, 100_000) if quick else (100_000, 100_000, 1_000_000)
    print(f"(d) {rows:,} rows x {len(WIDE_HEADER)} columns .xlsx; wall and CPU seconds, peak of the process tree")
    print(f"{'':>34} {'wall s':>7} {'CPU s':>7} {'MiB':>6} {'times':>6}")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = _made(folder / f"products-{rows}.xlsx")
        kept = _side_by_side("pandas + openpyxl read", "read", source)
        kept &= _side_by_side("openpyxl load, fill, save", "write", source)
    print(f"target: at least {LEAST_RATIO:g} times as fast, below {MOST_MIB} MiB: {'kept' if kept else 'MISSED'}")
    flat = _csv_is_flat(small, large)
    print(f"target: memory within 20 % from {small:,} to {large:,} rows of CSV: {'kept' if flat else 'MISSED'}\n")
    return kept and flat


def _side_by_side(name: str, task: str, source: Path) -> bool:
    theirs, ours = _run(f"theirs-{task}", source), _run(f"ours-{task}", source)
    _print(name, theirs, "")
    ratio = theirs.wall_s / ours.wall_s
    _print(f"Skuscribe {task}", ours, f"{ratio:.1f}")
    return ratio >= LEAST_RATIO and ours.peak_bytes < MOST_MIB * _MIB


def _csv_is_flat(small: int, large: int) -> bool:
    peaks: dict[str, list[int]] = {"read": [], "write": []}
    for rows in (small, large):
        with TemporaryDirectory(prefix="bench-") as name:
            source = _made(Path(name) / f"products-{rows}.csv")
            for task, seen in peaks.items():
                taken = _run(f"ours-{task}", source)
                seen.append(taken.peak_bytes)
                _print(f"Skuscribe {task}, {rows:,} rows of CSV", taken, "")
    return all(after <= before * MOST_GROWTH for before, after in peaks.values())


def _made(path: Path) -> Path:
    """Make a sheet in a process of its own: a process that this one starts counts this one's memory as its peak."""
    command = [sys.executable, str(_ROOT / "bench" / "wide_products.py"), str(path)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(_ROOT)})
    return path


def _run(task: str, source: Path) -> Measured:
    target = source.with_name(f"target{source.suffix}")
    target.unlink(missing_ok=True)
    command = [sys.executable, str(_ROOT / "bench" / "spreadsheet_tasks.py"), task, str(source), str(target)]
    return measured(command, environ={"PYTHONPATH": str(_ROOT)}, folder=source.parent)


def _print(name: str, taken: Measured, ratio: str) -> None:
    print(f"{name:>34} {taken.wall_s:>7.1f} {taken.cpu_s:>7.1f} {taken.peak_bytes / _MIB:>6.0f} {ratio:>6}", flush=True)
