from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from templates.errors import UserError
from worker.files.content import digest_of
from worker.files.folder import FolderFiles
from worker.files.place import files_at


@pytest.fixture
def share(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    return FolderFiles(folder, shared=True)


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "Frühling 26.csv"
    path.write_bytes(b"SKU,Title\n1,Kettle\n")
    return path


def test_what_is_put_is_fetched_by_its_name_and_told_by_its_whole_path(share, local, tmp_path):
    told = share.put(local, "results/j1/out.csv")

    assert told == str(tmp_path / "share/results/j1/out.csv")
    assert share.fetch("results/j1/out.csv").read_bytes() == local.read_bytes()


def test_the_home_folder_is_made_when_it_is_needed_and_what_lies_there_is_its_owners_only(tmp_path, local):
    told = files_at("", tmp_path / "home").put(local, "sources/x/out.csv")

    assert told == str(tmp_path / "home/sources/x/out.csv")
    assert stat.S_IMODE(Path(told).stat().st_mode) == 0o600


def test_other_users_of_a_shared_folder_read_what_the_umask_lets_them(share, local):
    former = os.umask(0o027)
    try:
        told = share.put(local, "sources/x/out.csv")
    finally:
        os.umask(former)

    assert stat.S_IMODE(Path(told).stat().st_mode) == 0o640


def test_a_result_is_replaced_and_a_file_named_by_its_content_is_not_written_again(share, local):
    share.put(local, "results/j1/out.csv")
    kept = share.put(local, "sources/x/s.csv", sha256=digest_of(local))
    before = Path(kept).stat().st_ino
    share.put(local, "sources/x/s.csv", sha256=digest_of(local))
    local.write_bytes(b"other")
    share.put(local, "results/j1/out.csv")

    assert share.fetch("results/j1/out.csv").read_bytes() == b"other"
    assert Path(kept).stat().st_ino == before


def test_nobody_finds_a_part_of_a_file(share, local, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(UserError, match="No space left") as caught:
        share.put(local, "results/j1/out.csv")

    assert "Free some space" in caught.value.fix
    assert [path for path in (tmp_path / "share").rglob("*") if path.is_file()] == []
    with pytest.raises(FileNotFoundError):
        share.fetch("results/j1/out.csv")


def test_a_source_that_changes_while_it_is_kept_is_told_and_not_kept(share, local, tmp_path):
    with pytest.raises(UserError, match="was changed while"):
        share.put(local, "sources/x/s.csv", sha256="0" * 64)

    assert [path for path in (tmp_path / "share").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("act", ["put", "fetch", "probe"])
def test_a_shared_folder_that_is_not_mounted_is_told_and_never_made(tmp_path, local, act):
    files = files_at(str(tmp_path / "mnt/share"), tmp_path)
    acts = {
        "put": lambda: files.put(local, "a/b"),
        "fetch": lambda: files.fetch("a/b"),
        "probe": files.probe,
    }

    with pytest.raises(UserError, match="is not there") as caught:
        acts[act]()
    assert "SKUSCRIBE_FILES" in caught.value.message
    assert not (tmp_path / "mnt").exists()


def test_a_probe_leaves_nothing_behind(share, tmp_path):
    share.probe()

    assert [path for path in (tmp_path / "share").rglob("*") if path.is_file()] == []


def test_a_folder_that_takes_no_files_fails_its_probe(tmp_path):
    (tmp_path / "share").write_text("a file")

    with pytest.raises(UserError, match="cannot be written"):
        FolderFiles(tmp_path / "share", shared=False).probe()


@pytest.mark.parametrize("place", ["gs://bucket/x", "files", "./files", "https://u:secret@host/x", "s3://X", "s3:///x"])
def test_a_place_that_not_every_machine_can_find_is_refused(place, tmp_path):
    with pytest.raises(UserError) as caught:
        files_at(place, tmp_path)

    assert caught.value.code == "setting"
    assert "secret" not in caught.value.message
