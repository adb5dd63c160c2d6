import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from outputs_making import SEO, result

from jobs.intake.opening import open_sheet
from outputs.columns import plan_columns
from outputs.writeback import refuse_unwritable, write_workbook
from templates.errors import UserError

COST = "Skuscribe cost (USD)"
TOKENS = "Skuscribe input tokens"


def write_back(source, target, results=None, **changes):
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | changes
    write_workbook(open_sheet(source).info, target, results=results or [result(2), result(4)], **values)
    return target


@pytest.fixture
def frame():
    """A frame with a dtype of every family, and an index with a name."""
    return pd.DataFrame(
        {
            "sku": ["001", "002", "003"],
            "stock": [1, 2, 3],
            "price": [1.5, None, 2.0],
            "brand": pd.Categorical(["a", "b", "a"]),
            "since": pd.to_datetime(["2026-01-01"] * 3).tz_localize("Europe/Berlin"),
            "rating": pd.array([1, None, 3], dtype="Int64"),
            "note": pd.array(["x", None, "y"], dtype="string"),
            "live": [True, False, True],
        },
        index=pd.Index(["r1", "r2", "r3"], name="label"),
    )


def test_pandas_reads_its_own_columns_with_the_same_types_and_ours_beside_them(tmp_path, frame):
    frame.to_parquet(tmp_path / "p.parquet")
    back = pd.read_parquet(write_back(tmp_path / "p.parquet", tmp_path / "o.parquet"))
    pd.testing.assert_frame_equal(back[frame.columns], frame)
    assert back["SEO title"].tolist()[::2] == ["Title 2", "Title 4"]
    assert back["SEO title"].isna().tolist() == [False, True, False]
    assert str(back.dtypes[TOKENS]) == "Int64"
    assert back[COST].tolist() == [Decimal("0.000012"), None, Decimal("0.000012")]
    assert back["Skuscribe status"].iloc[0] == "done"


def test_an_index_of_several_levels_without_names_stays_one(tmp_path):
    frame = pd.DataFrame({"sku": ["1", "2", "3"]}, index=pd.MultiIndex.from_product([["a"], [7, 8, 9]]))
    frame.to_parquet(tmp_path / "p.parquet")
    back = pd.read_parquet(write_back(tmp_path / "p.parquet", tmp_path / "o.parquet"))
    pd.testing.assert_frame_equal(back[["sku"]], frame)


def test_types_metadata_compression_and_row_groups_are_what_they_were(tmp_path):
    fields = [
        pa.field("SKU", pa.string(), nullable=False, metadata={"note": "key"}),
        pa.field("Tags", pa.list_(pa.string())),
        pa.field("Size", pa.struct([("cm", pa.int16())])),
        pa.field("Day", pa.date32()),
        pa.field("Seen", pa.timestamp("ms", "UTC")),
        pa.field("Net", pa.decimal128(9, 2)),
        pa.field("Code", pa.binary(2)),
    ]
    row = [
        "1",
        ["a", "b"],
        {"cm": 3},
        dt.date(2026, 1, 1),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        Decimal("1.10"),
        b"\0\1",
    ]
    table = pa.table([[cell] * 5 for cell in row], pa.schema(fields, {"owner": "us", "made": "by hand"}))
    pq.write_table(
        table,
        tmp_path / "p.parquet",
        row_group_size=2,
        compression={"SKU": "zstd", "Day": "gzip"},
        use_dictionary=["SKU"],
    )
    write_back(tmp_path / "p.parquet", tmp_path / "o.parquet")
    before, after = (pq.ParquetFile(tmp_path / name) for name in ("p.parquet", "o.parquet"))
    assert after.read().select(range(7)).equals(before.read(), check_metadata=True)
    assert [after.metadata.row_group(n).num_rows for n in range(after.num_row_groups)] == [2, 2, 1]
    for column in range(before.metadata.num_columns):
        old, new = (each.metadata.row_group(0).column(column) for each in (before, after))
        assert (new.path_in_schema, new.physical_type, new.compression) == (
            old.path_in_schema,
            old.physical_type,
            old.compression,
        )
        assert new.has_dictionary_page == old.has_dictionary_page


def test_times_of_spark_and_its_list_of_columns_stay_and_ours_are_on_the_list(tmp_path):
    key = b"org.apache.spark.sql.parquet.row.metadata"
    told = b'{"type":"struct","fields":[{"name":"Seen","type":"timestamp","nullable":true,"metadata":{}}]}'
    seen = pa.array([dt.datetime(2026, 1, 1)] * 3, pa.timestamp("ns"))  # noqa: DTZ001 - Spark's times have no zone
    table = pa.table({"Seen": seen})
    options = {"use_deprecated_int96_timestamps": True, "store_schema": False}
    with pq.ParquetWriter(tmp_path / "p.parquet", table.schema, **options) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({key: told, b"writer.time.zone": b"UTC"})
    after = pq.ParquetFile(write_back(tmp_path / "p.parquet", tmp_path / "o.parquet")).metadata
    assert after.row_group(0).column(0).physical_type == "INT96"
    assert b"ARROW:schema" not in after.metadata
    assert after.metadata[b"writer.time.zone"] == b"UTC"
    fields = {each["name"]: each["type"] for each in json.loads(after.metadata[key])["fields"]}
    assert fields["Seen"] == "timestamp"
    assert (fields["SEO title"], fields[TOKENS], fields[COST]) == ("string", "long", "decimal(38,12)")


def test_columns_of_an_earlier_run_are_filled_in_place_whoever_wrote_them_since(tmp_path, frame):
    frame.to_parquet(tmp_path / "p.parquet")
    first = write_back(tmp_path / "p.parquet", tmp_path / "first.parquet")
    pd.read_parquet(first).to_parquet(tmp_path / "again.parquet")
    for source in (first, tmp_path / "again.parquet"):
        changed = [result(2, copy={"title": "New", "meta": "M"}, cost_usd=Decimal("123.000000000001"))]
        back = pd.read_parquet(write_back(source, tmp_path / "o.parquet", changed))
        assert back.columns.tolist() == pd.read_parquet(first).columns.tolist()
        assert back["SEO title"].tolist()[::2] == ["New", "Title 4"]
        assert back[COST].tolist() == [Decimal("123.000000000001"), None, Decimal("0.000012")]


def test_fill_takes_columns_of_text_and_no_others(tmp_path, frame):
    source = tmp_path / "p.parquet"
    frame.to_parquet(source)
    back = pd.read_parquet(write_back(source, tmp_path / "o.parquet", fill={"title": "note", "meta": "brand"}))
    assert back["note"].tolist()[::2] == ["Title 2", "Title 4"]
    assert back["brand"].tolist() == ["Meta 2", "b", "Meta 4"]
    assert str(back.dtypes["brand"]) == "category"
    info = open_sheet(source).info
    with pytest.raises(UserError, match=r'"stock" of p.parquet holds int64') as caught:
        refuse_unwritable(info, plan_columns(info, [SEO], [], {"title": "stock"}))
    assert caught.value.code == "fill"
    refuse_unwritable(info, plan_columns(info, [SEO], [], {"title": "note"}))


def test_copy_stands_as_it_is_but_for_half_a_surrogate_pair(tmp_path):
    pq.write_table(pa.table({"SKU": ["1"]}), tmp_path / "p.parquet")
    copy = {"title": "=1+1 🫖", "meta": "half \ud83e pair"}
    back = pq.read_table(write_back(tmp_path / "p.parquet", tmp_path / "o.parquet", [result(2, copy=copy)]))
    assert back["SEO title"].to_pylist() == ["=1+1 🫖"]
    assert back["Meta description"].to_pylist() == ["half ? pair"]


def test_a_row_group_that_is_too_large_for_memory_is_parted(tmp_path, monkeypatch):
    monkeypatch.setattr("outputs.parquet.patch._GROUP_BYTES", 10_000)
    pq.write_table(pa.table({"SKU": [str(n) for n in range(5000)]}), tmp_path / "p.parquet")
    target = write_back(tmp_path / "p.parquet", tmp_path / "o.parquet", [result(n) for n in range(2, 5002)])
    assert pq.ParquetFile(target).num_row_groups > 2
    back = pq.read_table(target)
    assert back["SKU"].to_pylist() == [str(n) for n in range(5000)]
    assert back["SEO title"].to_pylist() == [f"Title {n}" for n in range(2, 5002)]


def test_a_file_without_rows_comes_back_with_the_columns(tmp_path):
    pq.write_table(pa.table({"SKU": pa.array([], pa.string())}), tmp_path / "p.parquet")
    info = open_sheet(tmp_path / "p.parquet").info
    write_workbook(info, tmp_path / "o.parquet", templates=[SEO], locales=[], fill={}, results=[], simulated=False)
    assert pq.read_schema(tmp_path / "o.parquet").names[:2] == ["SKU", "SEO title"]


def test_a_row_that_is_gone_is_told(tmp_path):
    pq.write_table(pa.table({"SKU": ["1"]}), tmp_path / "p.parquet")
    with pytest.raises(UserError, match="Row 4 is not in the file any more"):
        write_back(tmp_path / "p.parquet", tmp_path / "o.parquet")
    assert not (tmp_path / "o.parquet").exists()
