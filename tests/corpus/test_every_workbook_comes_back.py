"""Every workbook of a folder of real spreadsheets that opens as a table comes back whole, with the copy in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from round_trip import RoundTrip, converted, differences, written_back

FOLDER = Path(os.environ.get("SKUSCRIBE_CORPUS") or Path(__file__).parents[3] / "shared" / "catalogs")
BOOKS = sorted(each for each in FOLDER.rglob("*") if each.suffix.lower() in {".xlsx", ".xlsm"})

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.slow,
    pytest.mark.servers,
    pytest.mark.skipif(not BOOKS, reason=f"there is no folder {FOLDER} (SKUSCRIBE_CORPUS names another)"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What was written back, by the source; filled by the tests of the books, one after the other."""
    return tmp_path_factory.mktemp("written"), {}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: str(book.relative_to(FOLDER)))
def test_it_comes_back_with_the_copy_and_nothing_else(book, written):
    folder, trips = written
    trip = trips[book] = written_back(book, folder / str(len(trips)))
    assert trip is None or differences(trip) == []


def test_libreoffice_prints_all_of_them(written, tmp_path):
    trips: list[RoundTrip] = [trip for trip in written[1].values() if trip]
    failed = {
        book for book, size in converted([trip.target for trip in trips], tmp_path / "written").items() if not size
    }
    sources = [trip.source for trip in trips if trip.target in failed]
    printed = converted(sources, tmp_path / "sources") if sources else {}
    print(f"\n{len(written[1])} workbooks: {len(trips)} with a table, all written back")
    assert [book.name for book, size in printed.items() if size] == []
