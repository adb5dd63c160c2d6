from pathlib import Path

import pytest

from outputs.targets import target_paths
from templates.errors import UserError


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in" / "products.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"x")
    return path


def settle(source, out=None, *, overwrite=False, report=None):
    root = source.parents[1] / "results"
    return target_paths(source, out, "job-1", name=source.name, overwrite=overwrite, results_root=root, report=report)


def test_the_default_is_a_folder_of_the_job_and_nothing_is_made_yet(source, tmp_path):
    targets = settle(source)
    assert targets.workbook == tmp_path / "results/job-1/products.xlsx"
    assert targets.report == tmp_path / "results/job-1/products.report.xlsx"
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("out", "workbook"),
    [
        ("new", "new/products.xlsx"),
        ("new.d/", "new.d/products.xlsx"),
        ("new/Copy.XLSX", "new/Copy.XLSX"),
        ("in/other.xlsx", "in/other.xlsx"),
    ],
)
def test_out_is_a_folder_or_a_file_name(source, tmp_path, out, workbook):
    given = f"{tmp_path}/{out}"
    assert settle(source, given).workbook == tmp_path / workbook


def test_the_report_goes_where_it_is_told(source, tmp_path):
    assert settle(source, report=f"{tmp_path}/costs.xlsx").report == tmp_path / "costs.xlsx"


@pytest.mark.parametrize(
    ("out", "report", "said"),
    [
        ("new/copy.csv", None, "comes back as .xlsx, not as .csv"),
        ("in", None, "is the source itself"),
        ("in/products.xlsx", None, "is the source itself"),
        ("in/products.xlsx/deeper", None, "Nothing can be written"),
        ("/proc/nowhere", None, "Nothing can be written"),
        (None, "costs.csv", "is an .xlsx workbook"),
        ("new/a.xlsx", "new/a.xlsx", "cannot be the same file"),
    ],
)
def test_a_wrong_target_is_told_before_anything_is_spent(source, tmp_path, out, report, said):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught:
        settle(source, out and str(tmp_path / out), overwrite=True, report=report and str(tmp_path / report))
    assert said in caught.value.message
    assert (caught.value.code, caught.value.exit_code) == ("out", 2)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["products.xlsx", "products.report.xlsx"])
def test_an_existing_target_needs_overwrite(source, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"")
    with pytest.raises(UserError, match="exists") as caught:
        settle(source, str(out))
    assert "--overwrite" in caught.value.fix
    assert settle(source, str(out), overwrite=True).workbook == out / "products.xlsx"


def test_the_source_is_known_under_another_name(source, tmp_path):
    link = tmp_path / "link.xlsx"
    link.symlink_to(source)
    with pytest.raises(UserError, match="is the source itself"):
        settle(source, str(link), overwrite=True)
    assert isinstance(link, Path)
