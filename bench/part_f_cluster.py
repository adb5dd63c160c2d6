"""(f) What an item costs in processor time on 1, 2 and 4 workers, beside the embedded mode; and a huge plan's start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from enqueuing import enqueued
from in_flight import InFlight
from measuring import endpoint_environ, skuscribe_run, tree_cpu_s
from products import write_csv

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from cluster import Cluster

LATENCY_S = 2.0
#: Requests in flight of each worker; the embedded mode has as many as all workers together.
IN_FLIGHT = 128
WORKERS = (1, 2, 4)
MOST_RATIO = 1.3
MOST_SUBMIT_S = 60.0
#: A job that costs next to nothing but its start, which is subtracted.
_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """CPU seconds of one job, by whose they are."""

    command_s: float
    workers_s: float
    postgres_s: float
    redis_s: float
    #: Of all that may be in flight until the last request leaves.
    busy: float
    wall_s: float


def part_f(*, quick: bool) -> bool:
    """Measure both; print and give whether the targets are kept."""
    per_worker = 1000 if quick else 3000
    print(f"(f) CPU per item with replies of {LATENCY_S:g} s, {IN_FLIGHT} requests in flight for each worker")
    print(
        "ms of CPU per item beyond a job of ten items; database and Redis are not in the sum; the embedded mode before"
    )
    print("and after, the ratio to both; full: what the simulator saw in flight, until the last request left")
    print(
        f"{'what':<10} {'items':>6} {'items/s':>8} {'full':>6} {'command':>8} {'workers':>8} {'sum':>6} {'ratio':>6} "
        f"{'database':>9} {'Redis':>6}"
    )
    asked = WORKERS[:2] if quick else WORKERS
    # All of them are measured, whatever the first one says.
    kept = min([_side_by_side(workers, per_worker * workers) for workers in asked])
    print(f"target: at most {MOST_RATIO:g} times the embedded mode: {'kept' if kept else 'MISSED'}\n")
    return _enqueue(quick=quick) and kept


def _side_by_side(workers: int, items: int) -> bool:
    full = IN_FLIGHT * workers
    # A told quota far above what can be sent: the limiter is asked for every request and holds none back.
    options = ("--concurrency", full, "--rpm", 10_000_000)
    before = _alone(items, full, options)
    with (
        start_simulator(SimulatorSettings(latency_s=LATENCY_S)) as simulator,
        TemporaryDirectory(prefix="bench-") as name,
        Cluster(
            Path(name), workers=workers, environ=endpoint_environ(simulator.endpoint), without=("web", "beat")
        ) as cluster,
    ):
        shared = ("--concurrency", IN_FLIGHT, *options[2:])
        many = _beyond_its_start(items, lambda count: _distributed(cluster, simulator.endpoint, count, full, shared))
    after = _alone(items, full, options)
    # What else the machine does changes from minute to minute.
    ratio = 2 * (many.command_s + many.workers_s) / (before.command_s + after.command_s)
    _line("embedded", items, before, "")
    _line(f"{workers} worker{'s' if workers > 1 else ''}", items, many, f"{ratio:6.2f}")
    _line("embedded", items, after, "")
    return ratio <= MOST_RATIO


def _alone(items: int, full: int, options: Sequence[object]) -> _Taken:
    with start_simulator(SimulatorSettings(latency_s=LATENCY_S)) as simulator:
        return _beyond_its_start(items, lambda count: _embedded(simulator.endpoint, count, full, options))


def _beyond_its_start(items: int, run: Callable[[int], _Taken]) -> _Taken:
    start, whole = run(_FEW), run(items)
    each = items - _FEW
    return _Taken(
        command_s=(whole.command_s - start.command_s) / each,
        workers_s=(whole.workers_s - start.workers_s) / each,
        postgres_s=(whole.postgres_s - start.postgres_s) / each,
        redis_s=(whole.redis_s - start.redis_s) / each,
        busy=whole.busy,
        wall_s=whole.wall_s,
    )


def _embedded(endpoint: str, items: int, full: int, options: Sequence[object]) -> _Taken:
    with TemporaryDirectory(prefix="bench-") as name, InFlight(endpoint) as in_flight:
        folder = Path(name)
        source = write_csv(folder / "products.csv", items)
        taken = skuscribe_run(source, endpoint=endpoint, folder=folder, options=options)
    return _Taken(
        command_s=taken.cpu_s,
        workers_s=0.0,
        postgres_s=0.0,
        redis_s=0.0,
        busy=in_flight.share(full=full, requests=items),
        wall_s=taken.wall_s,
    )


def _distributed(cluster: Cluster, endpoint: str, items: int, full: int, options: Sequence[object]) -> _Taken:
    pids = {"workers_s": [worker.pid for worker in cluster.workers]}
    pids |= {"postgres_s": [cluster.postgres.pid], "redis_s": [cluster.redis.pid]}
    before = {whose: sum(map(tree_cpu_s, several)) for whose, several in pids.items()}
    with TemporaryDirectory(prefix="bench-") as name, InFlight(endpoint) as in_flight:
        folder = Path(name)
        source = write_csv(folder / "products.csv", items)
        taken = skuscribe_run(source, endpoint=endpoint, folder=folder, options=options, environ=cluster.environ)
    used = {whose: sum(map(tree_cpu_s, several)) - before[whose] for whose, several in pids.items()}
    return _Taken(command_s=taken.cpu_s, busy=in_flight.share(full=full, requests=items), wall_s=taken.wall_s, **used)


def _line(what: str, items: int, each: _Taken, ratio: str) -> None:
    ours_s = (each.command_s, each.workers_s, each.command_s + each.workers_s)
    sums = [f"{seconds * 1000:.2f}" for seconds in (*ours_s, each.postgres_s, each.redis_s)]
    print(
        f"{what:<10} {items:>6} {items / each.wall_s:>8.0f} {each.busy:>6.1%} {sums[0]:>8} {sums[1]:>8} {sums[2]:>6} "
        f"{ratio:>6} {sums[3]:>9} {sums[4]:>6}",
        flush=True,
    )


def _enqueue(*, quick: bool) -> bool:
    few, many = 10_000, 100_000 if quick else 1_000_000
    print("A plan is handed to the workers")
    print(f"{'items':>9} {'submit s':>9} {'peak MiB':>9} {'dispatch ms':>12}")
    lines = []
    for items in (few, many):
        one = enqueued(items)
        lines.append(one)
        print(
            f"{items:>9} {one.submit_s:>9.2f} {one.peak_bytes / 2**20:>9.0f} {one.dispatch_s * 1000:>12.1f}", flush=True
        )
    flat = lines[1].peak_bytes <= 1.2 * lines[0].peak_bytes
    kept = lines[1].submit_s < MOST_SUBMIT_S and flat
    print(f"target: below {MOST_SUBMIT_S:.0f} s, memory within 20 %: {'kept' if kept else 'MISSED'}\n")
    return kept
