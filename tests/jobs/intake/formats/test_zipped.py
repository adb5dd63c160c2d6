import gc
import gzip
import io
import random
import tempfile
import zipfile

import openpyxl
import pytest
from intake_files import ends_well, refused, spoilt, table_of

from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.sheet import IsolatedSheet
from jobs.intake.opening import open_sheet

CSV = b"SKU,Title\n001,Mug\n002,Vase\n"
TABLE = [("SKU", "Title"), ("001", "Mug"), ("002", "Vase")]


def packed(path, *names, content=CSV, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as package:
        for name in names:
            package.writestr(name, content)
    return path


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    """What is unpacked goes to a folder that a test can look into."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_the_one_table_in_a_zip_is_read(tmp_path, method):
    path = packed(tmp_path / "products.zip", "export/products.csv", method=method)
    assert table_of(path) == TABLE
    info = open_sheet(path).info
    assert (info.path, info.member, info.format) == (path, "export/products.csv", "csv")


def test_what_lies_beside_the_table_is_passed_over(tmp_path):
    others = ("__MACOSX/._products.csv", ".DS_Store", "img/", "img/a.jpg", "README.txt", "notes.txt", "~$products.xlsx")
    assert open_sheet(packed(tmp_path / "p.zip", *others, "products.csv")).info.member == "products.csv"


def test_a_text_is_the_table_when_there_is_no_other(tmp_path):
    assert table_of(packed(tmp_path / "p.zip", "readme.txt", "products.txt")) == TABLE


def test_a_workbook_in_a_zip_is_read_as_one(tmp_path):
    file = io.BytesIO()
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.save(file)
    path = packed(tmp_path / "p.zip", "products.xlsx", content=file.getvalue())
    assert table_of(path) == TABLE
    assert open_sheet(path).info.format == "xlsx"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.csv", "b.xlsx"), "2 tables: a.csv, b.xlsx"),
        (("a.csv", "a.csv"), "2 tables"),
        (("inner.zip",), "an archive in turn: inner.zip"),
        (("a.jpg", "b.pdf"), "without a table: it holds only a.jpg, b.pdf"),
        ((), "it holds no files"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_without_one_table_is_refused(tmp_path, names, said):
    error = refused(packed(tmp_path / "p.zip", *names))
    assert error.code == "source"
    assert said in error.message


def test_an_archive_in_disguise_is_not_unpacked_twice(tmp_path):
    inner = packed(tmp_path / "inner.zip", "products.csv").read_bytes()
    path = packed(tmp_path / "p.zip", "products.csv", content=inner)
    assert "an archive within an archive" in refused(path).message


def test_an_encrypted_table_is_called_so(tmp_path):
    path = packed(tmp_path / "p.zip", "products.csv")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refused(path).code == "encrypted"


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a\\b\\evil.csv"])
def test_names_that_point_elsewhere_are_no_paths(tmp_path, own_temporary_folder, name):
    sheet = open_sheet(packed(tmp_path / "p.zip", name))
    assert sheet.info.member == name
    (folder,) = own_temporary_folder.iterdir()
    assert [each.name.endswith("evil.csv") for each in folder.iterdir()] == [True]


def test_a_name_in_utf_8_is_shown_although_the_archive_does_not_say_so(tmp_path):
    path = packed(tmp_path / "p.zip", "xxxxxxxxx.csv")
    path.write_bytes(path.read_bytes().replace(b"xxxxxxxxx", "größe-a".encode()))
    assert open_sheet(path).info.member == "größe-a.csv"


def test_what_was_unpacked_is_gone_with_the_sheet(tmp_path, own_temporary_folder):
    sheet = open_sheet(packed(tmp_path / "p.zip", "products.csv"))
    rows = sheet.rows()
    del sheet
    gc.collect()
    assert len(list(rows)) == 2
    del rows
    gc.collect()
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.servers
def test_a_reading_process_that_is_ended_early_leaves_nothing_behind(tmp_path, own_temporary_folder):
    sheet = IsolatedSheet(packed(tmp_path / "p.zip", "products.csv"), limits=ReadLimits())
    assert list(own_temporary_folder.glob("*/*/products.csv"))
    del sheet
    gc.collect()
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.parametrize(("name", "member"), [("p.csv.gz", "p.csv"), ("p.CSV.GZ", "p.CSV"), ("export", "export")])
def test_a_table_in_a_gz_is_read(tmp_path, name, member):
    path = tmp_path / name
    path.write_bytes(gzip.compress(CSV))
    assert table_of(path) == TABLE
    assert open_sheet(path).info.member == member


def test_a_bomb_is_refused_before_it_has_grown(tmp_path, own_temporary_folder):
    path = packed(tmp_path / "p.zip", "products.csv", content=b"," * 101_000_000)
    assert "unpacks to more than 101 MB" in refused(path).message
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(b"," * 102_000_000))
    assert "unpacks to more than" in refused(tmp_path / "p.csv.gz").message
    gc.collect()
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.parametrize("cut", [30, 60, 100])
def test_a_cut_off_archive_is_damaged(tmp_path, cut):
    path = packed(tmp_path / "p.zip", "products.csv")
    path.write_bytes(path.read_bytes()[:cut])
    assert "damaged" in refused(path).message
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(random.Random(1).randbytes(300))[:cut])
    assert "damaged" in refused(tmp_path / "p.csv.gz").message


def test_a_fuzzed_archive_is_read_or_refused_in_a_sentence(tmp_path):
    chance = random.Random(20_26)
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    seeds = [packed(tmp_path / "s.zip", "products.csv", "a.txt", method=method).read_bytes() for method in methods]
    seeds.append(gzip.compress(CSV * 20))
    path = tmp_path / "p.zip"
    for _ in range(400):
        path.write_bytes(spoilt(chance.choice(seeds), chance))
        assert ends_well(path)
