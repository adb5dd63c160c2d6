"""Product sheets of any size, made anew for each run so that nothing is reused."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import xlsxwriter

HEADER = ("SKU", "Title", "Brand", "Category", "Features", "Material", "Colour", "Stock")
_THINGS = ("kettle", "rucksack", "lamp", "jacket", "chair", "knife", "blanket", "bottle")
_FEATURES = ("1.7 litres, lid with a stop, cool handle", "two side pockets, rain cover, 28 litres", "dims in ten steps")
_COLOURS = ("red", "slate", "moss", "sand", "white")


def product_rows(count: int) -> Iterator[tuple[str, ...]]:
    """Give so many different products."""
    for at in range(count):
        yield (
            f"{at:08d}",
            f"Harbour {_THINGS[at % len(_THINGS)]} no. {at}",
            "Harbour & Field",
            "Home > Kitchen" if at % 2 else "Outdoor",
            _FEATURES[at % len(_FEATURES)],
            "enamelled steel" if at % 3 else "waxed cotton",
            _COLOURS[at % len(_COLOURS)],
            str(at % 97),
        )


def write_csv(path: Path, count: int) -> Path:
    """Write them as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(product_rows(count))
    return path


def write_xlsx(path: Path, count: int) -> Path:
    """Write them as a workbook."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet("Products")
    for at, row in enumerate(chain([HEADER], product_rows(count))):
        sheet.write_row(at, 0, row)
    book.close()
    return path
