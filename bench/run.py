"""The figures of docs/performance.md: `make bench`, or one part in small with `--part a --quick`."""

from __future__ import annotations

import argparse
import os
import platform

import boto3
from part_a_cpu import part_a
from part_b_memory import part_b
from part_c_quota import part_c
from part_d_spreadsheets import part_d
from part_e_limiter import part_e
from part_f_cluster import part_f
from part_g_batch import part_g

PARTS = {"a": part_a, "b": part_b, "c": part_c, "d": part_d, "e": part_e, "f": part_f, "g": part_g}


def main() -> None:
    """Run the parts asked for; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given again")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look while working")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, boto3 {boto3.__version__}\n")
    kept = [PARTS[name](quick=asked.quick) for name in asked.part or PARTS]
    raise SystemExit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
