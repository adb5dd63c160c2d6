"""(e) One quota shared by eight worker processes through Redis: how much of it is used, and by whom."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from measuring import endpoint_environ

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from servers import Redis

RPM, TPM = 3000, 300_000
PROCESSES = 8
JOBS = {"one": 1, "three": 3}
#: What starts and ends a run does not count.
_EDGE_S = 10
_THREADS = 24
#: The simulator lets so much of the quota gather, so that little of a rest can hide what was not used in time: enough
#: for what is in flight.
_BURST_S = {True: 10, False: 1}
_LATENCY_S = {True: 2.0, False: 1.0}


def part_e(*, quick: bool) -> bool:
    """Measure both bindings; print and give whether the targets are kept."""
    seconds = 60 if quick else 90
    print(f"(e) {PROCESSES} processes share {RPM:,} requests and {TPM:,} tokens a minute; two jobs, weights 1 and 3")
    print(f"{'binding':>9} {'reserved':>9} {'used':>7} {'throttled':>10} {'share of 3':>11}")
    kept = [_line(tokens_bind=tokens_bind, seconds=seconds) for tokens_bind in (True, False)]
    print("target: 97 % of the binding limit used, below 0.5 % throttled, shares within 5 %:", end=" ")
    print("kept\n" if all(kept) else "MISSED\n")
    return all(kept)


def _line(*, tokens_bind: bool, seconds: int) -> bool:
    simulated = SimulatorSettings(
        rpm=RPM, tpm=TPM, quota_burst_s=_BURST_S[tokens_bind], latency_s=_LATENCY_S[tokens_bind], latency_spread=0.3
    )
    with start_simulator(simulated) as simulator, Redis() as redis:
        began = time.time() + 2
        asked = {
            "endpoint": simulator.endpoint,
            "redis": redis.url,
            "tokens_bind": tokens_bind,
            "threads": _THREADS,
            "jobs": JOBS,
            "rpm": RPM,
            "tpm": TPM,
            "since": began + _EDGE_S,
            "until": began + seconds - _EDGE_S,
            "end": began + seconds,
        }
        processes = [_hammer(asked | {"process": f"p{at}"}, simulator.endpoint) for at in range(PROCESSES)]
        first, first_s = _counters_at(simulator.endpoint, began + _EDGE_S)
        last, last_s = _counters_at(simulator.endpoint, began + seconds - _EDGE_S)
        counts = Counter[str]()
        for process in processes:
            counts.update(json.loads(process.communicate(timeout=60)[0]))
    unit, per_min = ("tokens", TPM) if tokens_bind else ("requests", RPM)
    # What the simulator itself has counted.
    used = (last[unit] - first[unit]) / (last_s - first_s) / (per_min / 60)
    throttled = counts["throttled"] / counts["sent"]
    three = counts[f"three {unit}"] / (counts[f"one {unit}"] + counts[f"three {unit}"])
    print(
        f"{unit:>9} {counts['reserved'] / counts['used']:>8.2f}x {used:>7.1%} {throttled:>10.2%} {three:>11.1%}",
        flush=True,
    )
    is_fair = abs(three / 0.75 - 1) <= 0.05 and abs((1 - three) / 0.25 - 1) <= 0.05  # noqa: PLR2004 - 3 to 1
    return used >= 0.97 and throttled < 0.005 and is_fair  # noqa: PLR2004 - the targets


def _hammer(asked: dict[str, Any], endpoint: str) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("limiter_hammer.py")
    return subprocess.Popen(
        [sys.executable, script, json.dumps(asked)], stdout=subprocess.PIPE, env=endpoint_environ(endpoint)
    )


def _counters_at(endpoint: str, at: float) -> tuple[dict[str, int], float]:
    """Read at a moment what the simulator has settled."""
    time.sleep(max(0.0, at - time.time()))
    with urlopen(f"{endpoint}/_simulator/counters") as reply:  # noqa: S310 - our own simulator
        counters = json.load(reply)
    tokens = sum(kind["inputTokens"] + kind["outputTokens"] for kind in counters["tokens"].values())
    return {"requests": counters["ok"], "tokens": tokens}, time.time()
