from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from s3_stand_in import S3StandIn

from jobs.intake.isolation.limits import ReadLimits
from templates.errors import UserError
from worker.files.place import files_at
from worker.source_files import SourceFiles

CONTENTS = st.one_of(st.binary(max_size=300), st.binary(min_size=1, max_size=9).map(lambda piece: piece * 50_000))
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)


def sources(place, home):
    return SourceFiles(files_at(str(place), Path(home)), limits=ReadLimits())


def kept_and_found(place, home, elsewhere, name, content):
    source = Path(home) / "in" / name
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(content)
    digest = sources(place, home).keep(source)
    source.unlink()
    return sources(place, elsewhere).find(digest, name)


@settings(max_examples=30)
@given(name=NAMES, content=CONTENTS)
def test_what_is_kept_in_a_folder_comes_back_byte_for_byte(name, content):
    with tempfile.TemporaryDirectory() as folder:
        share = Path(folder) / "share"
        share.mkdir()
        found = kept_and_found(share, f"{folder}/a", f"{folder}/b", name, content)
        assert (found.name, found.read_bytes()) == (name, content)


@pytest.mark.servers
def test_what_is_kept_in_s3_comes_back_byte_for_byte_on_another_machine(monkeypatch):
    with S3StandIn("shop-files") as s3:
        for variable, value in s3.environ().items():
            monkeypatch.setenv(variable, value)

        @settings(max_examples=15)
        @given(name=NAMES, content=CONTENTS)
        def comes_back(name, content):
            with tempfile.TemporaryDirectory() as folder:
                found = kept_and_found("s3://shop-files", f"{folder}/a", f"{folder}/b", name, content)
                assert (found.name, found.read_bytes()) == (name, content)

        comes_back()


def test_sources_of_the_home_folder_stay_where_they_were(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"SKU\n1\n")
    digest = sources("", tmp_path / "home").keep(tmp_path / "p.csv")

    assert (tmp_path / "home/sources" / digest[:20] / "p.csv").read_bytes() == b"SKU\n1\n"


def test_a_copy_that_is_gone_is_told_with_what_to_do(tmp_path):
    with pytest.raises(UserError, match=r"kept copy of p\.csv is gone") as caught:
        sources("", tmp_path).find("0" * 64, "p.csv")
    assert "skuscribe run" in caught.value.fix


def test_a_source_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(UserError, match=r"gone\.csv cannot be read"):
        sources("", tmp_path).keep(tmp_path / "gone.csv")


def test_a_result_is_found_again_by_job_and_name(tmp_path):
    (tmp_path / "out.xlsx").write_bytes(b"book")
    files = sources("", tmp_path / "home")

    assert files.put_result("j1", tmp_path / "out.xlsx") == str(tmp_path / "home/results/j1/out.xlsx")
    assert files.find_result("j1", "out.xlsx").read_bytes() == b"book"
    with pytest.raises(UserError, match=r"result out\.xlsx of job j2 is gone") as caught:
        files.find_result("j2", "out.xlsx")
    assert "skuscribe resume j2" in caught.value.fix
