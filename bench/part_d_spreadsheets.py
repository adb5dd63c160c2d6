"""(d) Reading a sheet and writing copy into it, beside pandas and openpyxl in the same run; a large CSV."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from measuring import Measured, measured
from products import HEADER, product_rows

_ROOT = Path(__file__).resolve().parents[1]
_MIB = 1024 * 1024
LEAST_RATIO = 5.0
MOST_MIB = 350
MOST_GROWTH = 1.2
_WIDE_HEADER = (*HEADER, "Description", "Price", "EAN", "Since")
_FIRST_DAY = dt.date(2020, 1, 1)


def part_d(*, quick: bool) -> bool:
    """Measure both; print and give whether the targets are kept."""
    rows, small, large = (10_000, 10_000, 100_000) if quick else (100_000, 100_000, 1_000_000)
    print(f"(d) {rows:,} rows x {len(_WIDE_HEADER)} columns .xlsx; wall and CPU seconds, peak of the process tree")
    print(f"{'':>34} {'wall s':>7} {'CPU s':>7} {'MiB':>6} {'times':>6}")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = _write_xlsx(folder / f"products-{rows}.xlsx", rows)
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
            source = _write_csv(Path(name) / f"products-{rows}.csv", rows)
            for task, seen in peaks.items():
                taken = _run(f"ours-{task}", source)
                seen.append(taken.peak_bytes)
                _print(f"Skuscribe {task}, {rows:,} rows of CSV", taken, "")
    return all(after <= before * MOST_GROWTH for before, after in peaks.values())


def _run(task: str, source: Path) -> Measured:
    target = source.with_name(f"target{source.suffix}")
    target.unlink(missing_ok=True)
    command = [sys.executable, str(_ROOT / "bench" / "spreadsheet_tasks.py"), task, str(source), str(target)]
    return measured(command, environ={"PYTHONPATH": str(_ROOT)}, folder=source.parent)


def _print(name: str, taken: Measured, ratio: str) -> None:
    print(f"{name:>34} {taken.wall_s:>7.1f} {taken.cpu_s:>7.1f} {taken.peak_bytes / _MIB:>6.0f} {ratio:>6}", flush=True)


def _wide_rows(count: int) -> Iterator[tuple[object, ...]]:
    for at, row in enumerate(product_rows(count)):
        text = f"{row[1]}, made of {row[5]} in {row[6]}: {row[4]}. For {row[3]}, number {at} of its range."
        yield (*row, text, at % 9000 / 100, 4006381000000 + at, _FIRST_DAY + dt.timedelta(days=at % 2000))


def _write_xlsx(path: Path, count: int) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_numbers": False})
    sheet = book.add_worksheet("Products")
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.set_column(9, 9, 10, money)
    for at, row in enumerate(chain([_WIDE_HEADER], _wide_rows(count))):
        sheet.write_row(at, 0, row)
    book.close()
    return path


def _write_csv(path: Path, count: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_WIDE_HEADER)
        writer.writerows(_wide_rows(count))
    return path
