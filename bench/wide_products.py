"""A sheet of 12 columns, with prices, article numbers and dates: `python bench/wide_products.py products-1000.xlsx`."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import xlsxwriter
from products import HEADER, product_rows

WIDE_HEADER = (*HEADER, "Description", "Price", "EAN", "Since")
_FIRST_DAY = dt.date(2020, 1, 1)


def _wide_rows(count: int) -> Iterator[tuple[object, ...]]:
    for at, row in enumerate(product_rows(count)):
        text = f"{row[1]}, made of {row[5]} in {row[6]}: {row[4]}. For {row[3]}, number {at} of its range."
        yield (*row, text, at % 9000 / 100, 4006381000000 + at, _FIRST_DAY + dt.timedelta(days=at % 2000))


def _write_xlsx(path: Path, count: int) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_numbers": False})
    sheet = book.add_worksheet("Products")
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.set_column(9, 9, 10, money)
    for at, row in enumerate(chain([WIDE_HEADER], _wide_rows(count))):
        sheet.write_row(at, 0, row)
    book.close()
    return path


def _write_csv(path: Path, count: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(WIDE_HEADER)
        writer.writerows(_wide_rows(count))
    return path


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write = _write_csv if target.suffix == ".csv" else _write_xlsx
    write(target, int(target.stem.rpartition("-")[2]))
