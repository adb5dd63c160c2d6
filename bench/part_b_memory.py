"""(b) The most memory that a run takes, by the size of its sheet."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import skuscribe_run
from products import write_csv, write_xlsx

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

_MIB = 1024 * 1024
MOST_GROWTH = 1.2
MOST_XLSX_MIB = 350


def part_b(*, quick: bool) -> bool:
    """Measure growing sheets; print and give whether the targets are kept."""
    small, middle, large = (500, 2000, 10_000) if quick else (1000, 10_000, 100_000)
    print("(b) Peak memory of the whole process tree, the simulator not counted")
    print(f"{'sheet':>8} {'items':>7} {'MiB':>6} {'items/s':>8}")
    _peak_mib("csv", small)
    at_middle = _peak_mib("csv", middle)
    at_large = _peak_mib("csv", large)
    workbook = _peak_mib("xlsx", large)
    flat, below = at_large <= at_middle * MOST_GROWTH, workbook < MOST_XLSX_MIB
    print(f"target: within 20 % from {middle:,} to {large:,} items: {'kept' if flat else 'MISSED'}")
    print(f"target: below {MOST_XLSX_MIB} MiB for {large:,} items from .xlsx: {'kept' if below else 'MISSED'}\n")
    return flat and below


def _peak_mib(kind: str, items: int) -> float:
    with start_simulator(SimulatorSettings()) as simulator, TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write = write_csv if kind == "csv" else write_xlsx
        source = write(folder / f"products.{kind}", items)
        options = ("--concurrency", 64, "--rpm", 10_000_000)
        taken = skuscribe_run(source, endpoint=simulator.endpoint, folder=folder, options=options)
    mib = taken.peak_bytes / _MIB
    print(f"{kind:>8} {items:>7} {mib:>6.0f} {items / taken.wall_s:>8.0f}", flush=True)
    return mib
