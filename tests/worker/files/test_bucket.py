from __future__ import annotations

import pytest

from templates.errors import AccessError, UserError
from worker.files.content import digest_of
from worker.files.place import files_at

pytestmark = pytest.mark.servers

NAME = "sources/abc/Frühling 26.csv"
KEY = f"shop-files/team one/{NAME}"


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "Frühling 26.csv"
    path.write_bytes(b"SKU,Title\n1,Kettle\n")
    return path


@pytest.fixture
def on(tmp_path, s3):  # noqa: ARG001 - the files are there
    """Give the files as a machine of a name has them."""
    return lambda machine: files_at("s3://shop-files/team one/", tmp_path / machine)


def test_what_one_machine_puts_another_fetches_under_its_name(on, local, s3):
    told = on("a").put(local, NAME)
    path = on("b").fetch(NAME)

    assert told == f"s3://shop-files/team one/{NAME}"
    assert path.name == "Frühling 26.csv"
    assert path.read_bytes() == local.read_bytes() == s3.objects[KEY].content


def test_a_file_is_uploaded_once_and_downloaded_once(on, local, s3):
    digest = digest_of(local)
    for _ in range(3):
        on("a").put(local, NAME, sha256=digest)
        on("b").fetch(NAME, sha256=digest)

    assert s3.counts["PUT"] == 1
    assert s3.counts["GET"] == 1


def test_a_result_that_was_written_again_is_fetched_again(on, local):
    on("a").put(local, "results/j1/out.csv")
    on("b").fetch("results/j1/out.csv")
    local.write_bytes(b"better")
    on("a").put(local, "results/j1/out.csv")

    assert on("b").fetch("results/j1/out.csv").read_bytes() == b"better"


def test_a_big_file_goes_in_parts_and_comes_back_whole(on, s3, tmp_path):
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(range(256)) * (80 << 10))
    on("a").put(big, "sources/abc/big.bin")

    assert s3.counts["PUT part"] == 3
    assert digest_of(on("b").fetch("sources/abc/big.bin")) == digest_of(big)


def test_content_that_is_not_what_was_kept_is_refused(on, local, s3):
    on("a").put(local, NAME)
    s3.objects[KEY].content = b"SKU,Title\n1,Cattle\n"

    with pytest.raises(UserError, match="is not what was kept"):
        on("b").fetch(NAME)
    with pytest.raises(UserError, match="is not what was kept"):
        on("b").fetch(NAME, sha256=digest_of(local))


def test_an_object_that_somebody_else_put_there_is_fetched_as_it_is(on, local, s3):
    on("a").put(local, NAME)
    s3.objects[KEY].metadata.clear()

    assert on("b").fetch(NAME).read_bytes() == local.read_bytes()


def test_a_source_that_changes_while_it_is_kept_is_told_and_not_kept(on, local, s3):
    with pytest.raises(UserError, match="was changed while"):
        on("a").put(local, NAME, sha256="0" * 64)

    assert s3.objects == {}


def test_a_busy_s3_and_a_reply_that_breaks_off_are_tried_again(on, local, s3):
    s3.busy = 2
    on("a").put(local, NAME)
    s3.cut_off = 1

    assert on("b").fetch(NAME).read_bytes() == local.read_bytes()


def test_what_is_not_there_is_told_to_the_caller(on):
    with pytest.raises(FileNotFoundError):
        on("a").fetch(NAME)
    with pytest.raises(FileNotFoundError):
        on("a").fetch(NAME, sha256="0" * 64)


def test_a_bucket_that_does_not_exist_is_told(tmp_path, s3, local):  # noqa: ARG001 - the environment leads there
    with pytest.raises(UserError, match="no such bucket"):
        files_at("s3://no-such-bucket", tmp_path).put(local, NAME)


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_a_missing_permission_is_named(on, s3, action):
    s3.refused.add(action)

    with pytest.raises(AccessError, match="may not be") as caught:
        on("a").probe()
    assert action in caught.value.fix
    assert "skuscribe policy" in caught.value.fix


def test_who_may_only_write_still_puts_and_who_may_not_read_is_told_so(on, local, s3):
    s3.refused.add("s3:GetObject")
    on("a").put(local, NAME)

    assert s3.objects[KEY].content == local.read_bytes()
    with pytest.raises(AccessError, match="may not be read"):
        on("b").fetch(NAME)


def test_a_probe_writes_reads_and_leaves_nothing_behind(on, s3):
    on("a").probe()

    assert (s3.counts["PUT"], s3.counts["GET"], s3.counts["DELETE"]) == (1, 1, 1)
    assert s3.objects == {}


def test_without_a_network_or_credentials_the_sentence_says_so(on, local, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(AccessError, match="Could not connect"):
        on("a").put(local, NAME)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AccessError, match="redentials") as caught:
        on("a").probe()
    assert caught.value.code == "credentials"
