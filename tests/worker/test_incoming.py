from __future__ import annotations

import io
from pathlib import Path

import pytest

from templates.errors import UserError
from worker.incoming import Incoming


class Keyboard(io.BytesIO):
    def isatty(self):
        return True


def incoming(tmp_path, *, stdin=b"", objects=None):
    def fetch(url, target):
        target.write_bytes(objects[url])

    stream = stdin if isinstance(stdin, io.BytesIO) else io.BytesIO(stdin)
    return Incoming(tmp_path / "incoming", fetch=fetch, stdin=lambda: stream)


def test_a_path_is_taken_as_it_is(tmp_path):
    assert incoming(tmp_path).bring("a/b.xlsx") == Path("a/b.xlsx")
    assert not (tmp_path / "incoming").exists()


def test_an_object_in_s3_keeps_its_name(tmp_path):
    brought = incoming(tmp_path, objects={"s3://b/x/Spring 26.csv": b"SKU"}).bring("S3://b/x/Spring 26.csv")
    assert brought.name == "Spring 26.csv"


def test_the_copies_are_gone_with_their_owner(tmp_path):
    owner = incoming(tmp_path, stdin=b"SKU,Title\n")
    path = owner.bring("-")
    assert path.read_bytes() == b"SKU,Title\n"
    del owner
    assert not path.exists()


def test_nobody_is_asked_to_type_a_spreadsheet(tmp_path):
    with pytest.raises(UserError, match="keyboard"):
        incoming(tmp_path, stdin=Keyboard()).bring("-")
