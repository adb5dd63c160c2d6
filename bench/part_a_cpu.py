"""(a) What an item costs in processor time, beside a bare loop of the same requests."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, endpoint_environ, measured, skuscribe_run
from products import write_csv
from request_bodies import write_bodies

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

CONCURRENCY = 64
MOST_RATIO = 2.0


def part_a(*, quick: bool) -> bool:
    """Measure at 0 and 500 ms latency; print and give whether the target is kept."""
    print(f"(a) CPU per item, {CONCURRENCY} requests in flight; whole processes, the simulator not counted")
    print(f"{'latency':>8} {'what':<16} {'items':>6} {'items/s':>8} {'ms CPU/item':>12} {'ratio':>6}")
    kept = True
    _side_by_side(0.0, 10)  # the first start of a program reads its modules from a cold disk
    for latency_s, items in ((0.0, 1000 if quick else 6000), (0.5, 600 if quick else 4000)):
        bare, ours = _side_by_side(latency_s, items)
        ratio = ours.cpu_s / bare.cpu_s
        kept = kept and ratio <= MOST_RATIO
        _line(latency_s, "bare boto3 loop", items, bare, "")
        _line(latency_s, "skuscribe run", items, ours, f"{ratio:6.2f}")
    print(f"target: at most {MOST_RATIO:g} times the bare loop: {'kept' if kept else 'MISSED'}\n")
    return kept


def _side_by_side(latency_s: float, items: int) -> tuple[Measured, Measured]:
    here = Path(__file__).parent
    with (
        start_simulator(SimulatorSettings(latency_s=latency_s)) as simulator,
        TemporaryDirectory(prefix="bench-") as name,
    ):
        folder = Path(name)
        bodies = write_bodies(folder / "bodies.jsonl", items)
        bare = measured(
            [sys.executable, str(here / "bare_loop.py"), str(bodies), str(CONCURRENCY)],
            environ=endpoint_environ(simulator.endpoint),
            folder=folder,
        )
        source = write_csv(folder / "products.csv", items)
        # A told quota far above what a process can send: the pace is that of the requests in flight.
        options = ("--concurrency", CONCURRENCY, "--rpm", 10_000_000)
        ours = skuscribe_run(source, endpoint=simulator.endpoint, folder=folder, options=options)
    return bare, ours


def _line(latency_s: float, what: str, items: int, one: Measured, ratio: str) -> None:
    print(
        f"{latency_s * 1000:5.0f} ms {what:<16} {items:>6} {items / one.wall_s:>8.0f} "
        f"{one.cpu_s / items * 1000:>12.2f} {ratio:>6}",
        flush=True,
    )
