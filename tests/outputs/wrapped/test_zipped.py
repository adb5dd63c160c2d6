import gzip
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from outputs_making import SEO, result

from jobs.intake.opening import open_sheet
from outputs.columns import plan_columns
from outputs.writeback import refuse_unwritable, write_workbook
from templates.errors import UserError

CSV = "SKU,Title\r\n001,Mug\r\n002,Vase\r\n"
ROW_2 = "001,Mug,Title 2,Meta 2,done,,nova-lite,100,20,0.000012\r\n"


def write_back(source, target, **changes):
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False, "results": [result(2)]} | changes
    write_workbook(open_sheet(source).info, target, **values)
    return target


def entries(path):
    with zipfile.ZipFile(path) as package, path.open("rb") as file:
        found = {}
        for entry in package.infolist():
            file.seek(entry.header_offset + 26)
            name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
            raw_name = file.read(name)
            file.seek(extra, 1)
            found[raw_name] = (entry.date_time, entry.external_attr, file.read(entry.compress_size))
        return found


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.comment = b"from the shop"
        package.writestr("xxxxxxxxxxx.txt", "about it")
        package.writestr("img/a.jpg", b"\xff\xd8\xff" + bytes(1000), zipfile.ZIP_STORED)
        package.writestr("data/products.csv", CSV)
        package.writestr("z.pdf", "last", zipfile.ZIP_BZIP2)
    # A writer that writes UTF-8 and does not say so.
    path.write_bytes(path.read_bytes().replace(b"xxxxxxxxxxx", "readme-öl".ljust(10).encode()))
    return path


def test_the_table_is_rewritten_and_every_other_entry_keeps_its_bytes(archive, tmp_path):
    before, after = entries(archive), entries(write_back(archive, tmp_path / "o.zip"))
    assert list(after) == list(before)
    assert {name for name in before if after[name] != before[name]} == {b"data/products.csv"}
    with zipfile.ZipFile(tmp_path / "o.zip") as package:
        assert package.testzip() is None
        assert package.comment == b"from the shop"
        assert package.read("data/products.csv").decode().splitlines(keepends=True)[1] == ROW_2


def test_what_comes_back_can_be_the_next_source(archive, tmp_path):
    first = write_back(archive, tmp_path / "o.zip")
    second = write_back(first, tmp_path / "o2.zip")
    assert zipfile.ZipFile(first).read("data/products.csv") == zipfile.ZipFile(second).read("data/products.csv")


def test_a_table_in_a_gz_comes_back_in_one(tmp_path):
    source = tmp_path / "p.csv.gz"
    source.write_bytes(gzip.compress(CSV.encode()))
    target = write_back(source, tmp_path / "o.csv.gz")
    assert gzip.decompress(target.read_bytes()).decode().splitlines(keepends=True)[1] == ROW_2


def test_a_table_that_comes_back_in_another_format_has_its_extension(tmp_path):
    feed = '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id></item></channel></rss>'
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as package:
        package.writestr("daten/größe.xml", feed)
    write_back(tmp_path / "p.zip", tmp_path / "o.zip")
    with zipfile.ZipFile(tmp_path / "o.zip") as package:
        assert package.namelist() == ["daten/größe.xlsx"]
        with package.open("daten/größe.xlsx") as file:
            assert [cell.value for cell in openpyxl.load_workbook(file).active[2]][:2] == ["1", "Title 2"]


def test_a_workbook_in_a_zip_is_patched(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Title"])
    book.active.append(["001", "Mug"])
    book.save(tmp_path / "p.xlsx")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as package:
        package.write(tmp_path / "p.xlsx", "p.xlsx")
    write_back(tmp_path / "p.zip", tmp_path / "o.zip")
    with zipfile.ZipFile(tmp_path / "o.zip") as package, package.open("p.xlsx") as file:
        assert [cell.value for cell in openpyxl.load_workbook(file).active[2]][:3] == ["001", "Mug", "Title 2"]


def test_a_column_that_cannot_be_filled_is_refused_in_an_archive_too(tmp_path):
    pq.write_table(pa.table({"SKU": ["1"], "Stock": [1]}), tmp_path / "p.parquet")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as package:
        package.write(tmp_path / "p.parquet", "p.parquet")
    info = open_sheet(tmp_path / "p.zip").info
    with pytest.raises(UserError, match=r'"Stock" of p.parquet holds int64'):
        refuse_unwritable(info, plan_columns(info, [SEO], [], {"title": "Stock"}))


def test_a_table_that_is_gone_from_the_archive_is_told(archive, tmp_path):
    info = open_sheet(archive).info
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("other.csv", CSV)
    with pytest.raises(UserError, match=r"p.zip has no data/products.csv any more"):
        write_workbook(
            info, tmp_path / "o.zip", templates=[SEO], locales=[], fill={}, results=[result(2)], simulated=False
        )
    assert not (tmp_path / "o.zip").exists()
