"""The same table gives the same rows, whatever it is saved as."""

import csv
import datetime as dt
import gzip
import zipfile
from decimal import Decimal
from xml.sax.saxutils import escape

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.intake.opening import open_sheet

HEADER = ["id", "title", "stock", "price", "weight", "live", "since", "seen"]
MOMENT = dt.datetime(2026, 3, 1, 14, 30)  # noqa: DTZ001 - a sheet's times have no zone
TYPED = [
    ["001", "Mug “Ü”", 12, Decimal("19.90"), 0.25, True, dt.date(2026, 1, 5), MOMENT],
    ["002", 'two\nlines, 2" wide & more', 0, Decimal("5.00"), 1200.5, False, dt.date(1999, 12, 31), None],
    ["003", None, None, None, None, None, None, None],
]
SHOWN = [
    ["001", "Mug “Ü”", "12", "19.90", "0.25", "TRUE", "2026-01-05", "2026-03-01 14:30"],
    ["002", 'two\nlines, 2" wide & more', "0", "5.00", "1200.5", "FALSE", "1999-12-31", ""],
    ["003", "", "", "", "", "", "", ""],
]


def as_xlsx(path):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for row in TYPED:
        book.active.append(row)
        book.active.cell(book.active.max_row, 4).number_format = "0.00"
    book.save(path)


def as_csv(path):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *SHOWN])


def as_gz(path):
    as_csv(path.with_suffix(".tmp"))
    path.write_bytes(gzip.compress(path.with_suffix(".tmp").read_bytes()))


def as_zip(path):
    as_csv(path.with_suffix(".tmp"))
    with zipfile.ZipFile(path, "w") as package:
        package.write(path.with_suffix(".tmp"), "products.csv")


def as_typed_parquet(path):
    pq.write_table(pa.table(dict(zip(HEADER, map(list, zip(*TYPED, strict=True)), strict=True))), path)


def as_text_parquet(path):
    pq.write_table(pa.table(dict(zip(HEADER, map(list, zip(*SHOWN, strict=True)), strict=True))), path)


def as_feed(path):
    items = (
        "".join(f"<g:{name}>{escape(text)}</g:{name}>" for name, text in zip(HEADER, row, strict=True)) for row in SHOWN
    )
    path.write_text(
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel>'
        + "".join(f"<item>{item}</item>" for item in items)
        + "</channel></rss>",
        encoding="utf-8",
    )


@pytest.mark.parametrize("write", [as_xlsx, as_csv, as_gz, as_zip, as_typed_parquet, as_text_parquet, as_feed])
def test_the_same_table_gives_the_same_rows(tmp_path, write):
    path = tmp_path / "products"
    write(path)
    sheet = open_sheet(path)
    rows = [(row.number, (*row.cells, *[""] * (len(HEADER) - len(row.cells)))) for row in sheet.rows()]
    assert [column.header for column in sheet.info.columns] == HEADER
    assert rows == [(number, tuple(cells)) for number, cells in enumerate(SHOWN, 2)]


#: Every character but half surrogate pairs; a feed has neither control characters nor returns.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40)


@settings(max_examples=60)
@given(texts=st.lists(ANY_TEXT, max_size=8))
def test_any_text_in_a_parquet_file_is_read_as_it_is(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "p.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(len(texts))], "title": pa.array(texts, pa.string())}), path)
    assert [row.cells[1] for row in open_sheet(path).rows()] == texts


@settings(max_examples=60)
@given(texts=st.lists(XML_TEXT, min_size=1, max_size=8))
def test_any_text_in_a_feed_is_read_as_it_is_but_for_blanks_around_it(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "p.xml"
    items = (f"<item><price>1</price><title>{escape(text)}</title></item>" for text in texts)
    path.write_text(f"<rss><channel>{''.join(items)}</channel></rss>", encoding="utf-8")
    assert [row.cells[1] for row in open_sheet(path).rows()] == [text.strip() for text in texts]
