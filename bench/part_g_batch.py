"""(g) The batch lane's own work, from the workbook to the workbook, beside a script with pandas and json.

S3 and Bedrock have no part in it: files lie in a folder, and what Bedrock would answer is written between the steps.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, endpoint_environ, measured
from products import write_xlsx

_MIB = 1024 * 1024
MOST_MIB = 300
_OURS = ("prepare", "harvest")
_SCRIPT = ("script-prepare", "script-harvest")


def part_g(*, quick: bool) -> bool:
    """Go the whole way with both; print and give whether the targets are kept."""
    items = 5000 if quick else 100_000
    print(f"(g) {items:,} records from .xlsx prepared, harvested and back in .xlsx; files in a folder")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_xlsx(folder / "products.xlsx", items)
        taken = {"prepare": _step("prepare", folder)}
        _step("system", folder)
        taken["script-prepare"] = _step("script-prepare", folder)
        _step("answer", folder)
        taken |= {step: _step(step, folder) for step in ("harvest", "script-harvest")}
    print(f"{'':>16} {'s':>6} {'records/s':>10} {'MiB':>5}")
    for step, one in taken.items():
        print(f"{step:>16} {one.wall_s:>6.1f} {items / one.wall_s:>10.0f} {one.peak_bytes / _MIB:>5.0f}")
    ours_s, peak = _sum([taken[step] for step in _OURS])
    script_s, script_peak = _sum([taken[step] for step in _SCRIPT])
    print(f"{'ours':>16} {ours_s:>6.1f} {items / ours_s:>10.0f} {peak:>5.0f}")
    print(f"{'script':>16} {script_s:>6.1f} {items / script_s:>10.0f} {script_peak:>5.0f}")
    fast, small = ours_s <= script_s, peak < MOST_MIB
    print(f"target: at least as fast as the script: {'kept' if fast else 'MISSED'} ({script_s / ours_s:.2f} times)")
    print(f"target: below {MOST_MIB} MiB: {'kept' if small else 'MISSED'}\n")
    return fast and small


def _step(step: str, folder: Path) -> Measured:
    program = "batch_script.py" if step in _SCRIPT else "batch_tasks.py"
    command = [sys.executable, str(Path(__file__).with_name(program)), step, str(folder)]
    environ = {
        **endpoint_environ("http://127.0.0.1:9"),
        "SKUSCRIBE_HOME": str(folder / "home"),
        "SKUSCRIBE_BATCH_BUCKET": "bench",
        "SKUSCRIBE_BATCH_ROLE_ARN": "arn:aws:iam::123456789012:role/bench",
    }
    return measured(command, environ=environ, folder=folder)


def _sum(steps: list[Measured]) -> tuple[float, float]:
    """Give the seconds of all steps, the start of their processes included, and the highest of their peaks in MiB."""
    return sum(step.wall_s for step in steps), max(step.peak_bytes for step in steps) / _MIB
