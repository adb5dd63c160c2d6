import datetime as dt
import io
import random
import sys
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_files import ends_well, refused, spoilt, table_of

from jobs.intake.opening import open_sheet

MOMENT = dt.datetime(2026, 1, 5, 13, 0, 7)  # noqa: DTZ001 - a moment without a zone is what is tested
MIDNIGHT = dt.datetime(2026, 1, 5)  # noqa: DTZ001 - as above


def write(path, table=None, /, **columns):
    pq.write_table(pa.table(columns) if table is None else table, path)
    return path


def texts(tmp_path, array):
    """What one column shows; a second column keeps the rows that have nothing."""
    path = write(tmp_path / "p.parquet", value=array, row=pa.array(["x"] * len(array)))
    return [row.cells[0] for row in open_sheet(path).rows()]


def test_the_columns_are_the_schemas_and_the_first_row_of_data_is_row_2(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.parquet", SKU=["001", None, "003"], Title=["Mug", None, " Vase "]))
    assert sheet.info.format == "parquet"
    assert sheet.info.header_row == 1
    assert [column.header for column in sheet.info.columns] == ["SKU", "Title"]
    assert [(row.number, row.cells) for row in sheet.rows()] == [(2, ("001", "Mug")), (4, ("003", " Vase "))]


def test_names_that_occur_twice_or_are_empty_are_made_distinct(tmp_path):
    path = write(tmp_path / "p.parquet", pa.table([["1"], ["2"], ["3"]], names=["Title", "Title", ""]))
    assert [column.header for column in open_sheet(path).info.columns] == ["Title", "Title (2)", "Column C"]


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (pa.array([1, 123456789012345678]), ["1", "123456789012345678"]),
        (pa.array([19.99, 52.0, float("nan"), 1e20]), ["19.99", "52", "", "1E+20"]),
        (pa.array([19.99, 0.1], pa.float32()), ["19.99", "0.1"]),
        (pa.array([0.5, float("nan")], pa.float16()), ["0.5", ""]),
        (pa.array([Decimal("19.90"), Decimal("0.00")], pa.decimal128(10, 2)), ["19.90", "0.00"]),
        (pa.array([Decimal("1E-9")], pa.decimal128(20, 9)), ["0.000000001"]),
        (pa.array([True, False, None]), ["TRUE", "FALSE", ""]),
        (pa.array([dt.date(2026, 1, 5), None]), ["2026-01-05", ""]),
        (pa.array([dt.date(1969, 12, 31)], pa.date64()), ["1969-12-31"]),
        (pa.array([MOMENT, MIDNIGHT], pa.timestamp("ns")), ["2026-01-05 13:00:07", "2026-01-05"]),
        (pa.array([MOMENT, MIDNIGHT], pa.timestamp("us", "UTC")), ["2026-01-05 13:00:07 UTC", "2026-01-05"]),
        (pa.array([MOMENT], pa.timestamp("ms", "Europe/Berlin")), ["2026-01-05 14:00:07 Europe/Berlin"]),
        (pa.array([MOMENT], pa.timestamp("us", "-05:30")), ["2026-01-05 07:30:07 -05:30"]),
        (pa.array([2**62], pa.int64()).cast(pa.timestamp("us")), [str(2**62)]),
        (pa.array([dt.time(13, 5), dt.time(0, 0, 9)]), ["13:05", "00:00:09"]),
        (pa.array([dt.timedelta(hours=26, minutes=5)]), ["26:05"]),
        (pa.array(["a", "b", None, "a"]).dictionary_encode(), ["a", "b", "", "a"]),
        (pa.array([["a", "b", None], None, []]), ["a, b", "", ""]),
        (pa.array([[1, 2], None], pa.list_(pa.int32(), 2)), ["1, 2", ""]),
        (pa.array([[dt.date(2026, 1, 5)]]), ["2026-01-05"]),
        (pa.array([{"a": 1, "b": "ü", "c": dt.date(2026, 1, 5)}, None]), ['{"a":1,"b":"ü","c":"2026-01-05"}', ""]),
        (pa.array([[("k", 1), ("z", 2)], None, []], pa.map_(pa.string(), pa.int32())), ['{"k":1,"z":2}', "", ""]),
        (pa.array([b"text of an older writer", None]), ["text of an older writer", ""]),
        (pa.nulls(2), ["", ""]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_type_is_shown_as_a_person_sees_it(tmp_path, array, shown):
    assert texts(tmp_path, array) == shown


def test_ids_of_16_bytes_are_shown_as_they_are_written(tmp_path):
    stored = pa.array([uuid.UUID(int=5).bytes], pa.binary(16))
    assert texts(tmp_path, pa.ExtensionArray.from_storage(pa.uuid(), stored)) == [str(uuid.UUID(int=5))]


def test_bytes_that_are_no_text_are_empty_and_named(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.parquet", SKU=["1"], Image=[b"\x89PNG\r\n\x1a\n"]))
    assert [row.cells for row in sheet.rows()] == [("1", "")]
    assert sheet.info.notes == ('Column "Image" has bytes that are no text; they are read as empty.',)


def test_text_that_is_not_utf_8_is_read_as_windows_1252_and_named(tmp_path):
    table = pa.table({"Title": pa.array([b"Caf\xe9", b"Tee"]).view(pa.string())})
    sheet = open_sheet(write(tmp_path / "p.parquet", table))
    assert [row.cells for row in sheet.rows()] == [("Café",), ("Tee",)]
    assert "Windows-1252" in sheet.info.notes[0]


def test_row_numbers_go_on_through_row_groups_of_any_size(tmp_path):
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"SKU": [str(n) for n in range(10_000)]}), path, row_group_size=999)
    assert [(row.number, row.cells[0]) for row in open_sheet(path).rows()] == [(n + 2, str(n)) for n in range(10_000)]


@pytest.mark.parametrize(("options", "code"), [({"sheet": "EU"}, "sheet"), ({"header_row": 3}, "header_row")])
def test_options_of_sheets_are_refused(tmp_path, options, code):
    assert refused(write(tmp_path / "p.parquet", SKU=["1"]), **options).code == code


def test_without_pyarrow_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / "p.parquet", SKU=["1"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = refused(path)
    assert error.code == "extra"
    assert "pip install 'skuscribe[parquet]'" in error.fix


def test_a_table_of_any_strings_comes_back_equal(tmp_path):
    rows = [("SKU", "Title"), ("001", "=1+1"), ("ü\x00", "two\nlines"), ("🫖", " x ")]
    path = write(tmp_path / "p.parquet", **{name: list(cells) for name, *cells in zip(*rows, strict=True)})
    assert table_of(path) == rows


def test_a_cut_off_file_is_damaged(tmp_path):
    path = write(tmp_path / "p.parquet", SKU=["1", "2"])
    path.write_bytes(path.read_bytes()[:-10])
    error = refused(path)
    assert error.code == "source"
    assert "p.parquet is damaged" in error.message


def test_an_encrypted_file_is_called_so(tmp_path):
    path = tmp_path / "p.parquet"
    path.write_bytes(b"PARE" + bytes(40) + b"PARE")
    assert refused(path).code in {"encrypted", "source"}


def test_a_long_text_that_is_repeated_a_million_times_is_one_object(tmp_path):
    codes = pa.array([0] * 100_000, pa.int32())
    table = pa.table({"Text": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1_000_000]))})
    path = tmp_path / "p.parquet"
    pq.write_table(table, path, store_schema=False, dictionary_pagesize_limit=1 << 30)
    before = pa.default_memory_pool().max_memory()
    assert sum(1 for _ in open_sheet(path).rows()) == 100_000
    assert pa.default_memory_pool().max_memory() - before < 100 << 20


def test_claims_that_no_table_makes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.intake.parquet.file.MOST_ROWS", 1000)
    monkeypatch.setattr("jobs.intake.parquet.file._MOST_ROW_BYTES", 1 << 20)
    monkeypatch.setattr("jobs.intake.parquet.texts._MOST_ELEMENTS", 1000)
    rows = write(tmp_path / "rows.parquet", a=pa.nulls(1001, pa.string()))
    assert "1,001 rows" in refused(rows).message
    cells = tmp_path / "cells.parquet"
    pq.write_table(pa.table({"a": ["x" * (2 << 20)]}), cells, compression="zstd", use_dictionary=False)
    assert "rows of more than 1 MB" in refused(cells).message
    lists = pa.ListArray.from_arrays(pa.array([0, 1001], pa.int32()), pa.nulls(1001, pa.string()))
    assert "1,001 elements" in refused(write(tmp_path / "lists.parquet", a=lists)).message


def test_a_fuzzed_file_is_read_or_refused_in_a_sentence(tmp_path):
    chance = random.Random(20_26)
    table = pa.table(
        {
            "SKU": [f"SKU {n}" for n in range(50)],
            "Brand": pa.array(["a", "b"] * 25).dictionary_encode(),
            "Tags": [["x", "y"]] * 50,
            "Size": [{"cm": n} for n in range(50)],
            "Since": [dt.date(2026, 1, 1)] * 50,
        }
    )
    seeds = []
    for codec in ("snappy", "zstd", "none"):
        file = io.BytesIO()
        pq.write_table(table, file, compression=codec, row_group_size=20)
        seeds.append(file.getvalue())
    path = tmp_path / "p.parquet"
    for _ in range(400):
        path.write_bytes(spoilt(chance.choice(seeds), chance, most=6, start=4))
        assert ends_well(path)
