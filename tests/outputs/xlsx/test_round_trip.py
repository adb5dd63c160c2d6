"""Whatever users put into a workbook comes back with the copy."""

import pytest
from round_trip import COPY, converted, differences, written_back
from round_trip_books import BOOKS

from jobs.intake.formats.xlsx import XlsxSheet

#: A page with a few words is larger than this.
_SOME_BYTES = 1500


@pytest.fixture(scope="module")
def trips(tmp_path_factory):
    made, written = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("written")
    return {name: written_back(make(made / name), written) for name, make in BOOKS.items()}


@pytest.mark.parametrize("name", BOOKS)
def test_nothing_changes_but_for_the_copy_beside_the_table(trips, name):
    assert differences(trips[name]) == []


@pytest.mark.parametrize("name", BOOKS)
def test_the_copy_stands_in_its_rows(trips, name):
    row = next(XlsxSheet(trips[name].target).rows())
    assert COPY["meta"] in row.cells


@pytest.mark.servers
def test_libreoffice_prints_all_of_them(trips, tmp_path):
    pdfs = converted([trip.target for trip in trips.values()], tmp_path)
    assert {book.name: size > _SOME_BYTES for book, size in pdfs.items()} == dict.fromkeys(BOOKS, True)
