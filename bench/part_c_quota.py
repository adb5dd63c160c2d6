"""(c) How much of a quota is used, and what share of the requests is throttled, told and not told."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, skuscribe_run
from products import write_csv

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

RPM = 6000
CONCURRENCY = 256
_LATENCY_S = 0.5


def part_c(*, quick: bool) -> bool:
    """Measure both; print and give whether the targets are kept."""
    seconds = 20 if quick else 60
    print(f"(c) A quota of {RPM:,} requests a minute, {_LATENCY_S * 1000:.0f} ms a reply")
    print(f"{'quota':>9} {'requests':>9} {'used':>7} {'throttled':>10}")
    told = _line("told", seconds, since_s=2, least=0.97, most=0.005, options=("--rpm", RPM))
    learned = _line("not told", seconds, since_s=10, least=0.85, most=0.03)
    print("target: told 97 % used, below 0.5 % throttled; not told 85 % after 10 s, below 3 %:", end=" ")
    print("kept\n" if told and learned else "MISSED\n")
    return told and learned


def _line(
    what: str, seconds: int, *, since_s: float, least: float, most: float, options: tuple[object, ...] = ()
) -> bool:
    # A bucket of one second: what is not used in time is lost, as with Bedrock.
    simulated = SimulatorSettings(rpm=RPM, quota_burst_s=1, latency_s=_LATENCY_S, latency_spread=0.3)
    with start_simulator(simulated) as simulator, TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = write_csv(folder / "products.csv", RPM // 60 * seconds)
        taken = skuscribe_run(
            source, endpoint=simulator.endpoint, folder=folder, options=("--concurrency", CONCURRENCY, *options)
        )
        used = _used(folder / "home" / "skuscribe.db", since_s)
    throttled = _throttled(taken)
    print(f"{what:>9} {taken.said['requests']:>9} {used:>7.1%} {throttled:>10.2%}", flush=True)
    return used >= least and throttled < most


def _used(store: Path, since_s: float) -> float:
    """Give the share of the quota that was let through, from so long after the first request until the last ones."""
    reader = sqlite3.connect(store)
    rows = reader.execute("SELECT started_at FROM attempts WHERE outcome = 'ok' ORDER BY started_at").fetchall()
    reader.close()
    times_s = [datetime.fromisoformat(row[0]).timestamp() for row in rows]
    # The last of them wait for retries, not for the quota.
    first_s, last_s = times_s[0] + since_s, times_s[-RPM // 60]
    return sum(first_s <= at <= last_s for at in times_s) / ((last_s - first_s) * RPM / 60)


def _throttled(taken: Measured) -> float:
    return float(taken.said["throttled"] / taken.said["requests"])
