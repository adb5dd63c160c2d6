import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from servers import Redis

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
RPM, TPM = 1200, 120_000
SECONDS = 18


def hammers(simulator, server, began, *, tokens_bind, processes):
    asked = {
        "endpoint": simulator.endpoint,
        "redis": server.url,
        "tokens_bind": tokens_bind,
        "threads": 12,
        "jobs": {"one": 1, "three": 3},
        "rpm": RPM,
        "tpm": TPM,
        "since": began + 6,
        "until": began + SECONDS - 2,
        "end": began + SECONDS,
    }
    return [
        subprocess.Popen(
            [sys.executable, ROOT / "bench" / "limiter_hammer.py", json.dumps(asked | {"process": f"p{at}"})],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for at in range(processes)
    ]


def counted(processes):
    counts = Counter()
    for process in processes:
        said = process.communicate(timeout=60)[0]
        counts.update(json.loads(said) if process.returncode == 0 else {})
    return counts


def simulated(*, burst_s):
    return start_simulator(SimulatorSettings(rpm=RPM, tpm=TPM, quota_burst_s=burst_s, latency_s=0.5))


@pytest.mark.parametrize(("unit", "per_min"), [("tokens", TPM), ("requests", RPM)])
def test_processes_use_up_a_shared_quota_and_jobs_get_their_shares(unit, per_min):
    with simulated(burst_s=8) as simulator, Redis() as server:
        began = time.time() + 1.5
        counts = counted(hammers(simulator, server, began, tokens_bind=unit == "tokens", processes=4))
    one, three = counts[f"one {unit}"], counts[f"three {unit}"]
    assert one + three >= 0.85 * (SECONDS - 8) * per_min / 60
    assert 0.65 < three / (one + three) < 0.85
    assert counts["throttled"] <= 0.02 * counts["sent"]


def test_killed_processes_and_a_restarted_redis_cost_little():
    with simulated(burst_s=8) as simulator, Redis() as server:
        began = time.time() + 1.5
        processes = hammers(simulator, server, began, tokens_bind=False, processes=4)
        time.sleep(began + 4 - time.time())
        processes[0].send_signal(signal.SIGKILL)
        server.kill()
        time.sleep(1)
        server.start()
        counts = counted(processes)
    assert counts["one requests"] + counts["three requests"] >= 0.8 * (SECONDS - 8) * RPM / 60
    assert counts["throttled"] <= 0.02 * counts["sent"]
