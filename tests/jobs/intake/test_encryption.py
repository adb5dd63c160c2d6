from __future__ import annotations

import io

import pytest
from msoffcrypto.method import ecma376_agile
from workbooks_making import rich_workbook

from jobs.intake.encryption import decrypt, encrypt
from templates.errors import UserError


def locked(tmp_path, password):
    source = rich_workbook(tmp_path / "open.xlsx")
    path = tmp_path / "p.xlsx"
    with source.open("rb") as plain, path.open("wb") as out:
        encrypt(plain, password, out)
    return path, source.read_bytes()


def opened(path, password):
    out = io.BytesIO()
    decrypt(path, password, out)
    return out.getvalue()


@pytest.mark.parametrize("password", ["geheim", "pässwörd 🔑", None])
def test_what_is_locked_comes_out_whole(tmp_path, password):
    path, content = locked(tmp_path, password)
    assert path.read_bytes()[:4] != b"PK\x03\x04"
    assert opened(path, password) == content


@pytest.mark.parametrize(("password", "words"), [(None, r"encrypted \(protected"), ("no", "given does not open it")])
def test_without_its_password_it_stays_locked_and_the_option_is_told(tmp_path, password, words):
    path, _ = locked(tmp_path, "geheim")
    with pytest.raises(UserError, match=words) as caught:
        opened(path, password)
    assert "--password-file" in caught.value.fix
    assert caught.value.code == "encrypted"


@pytest.mark.parametrize("password", ["geheim", None])
def test_what_excel_2010_locked_comes_out_whole(tmp_path, monkeypatch, password):
    class Excel2010(ecma376_agile.ECMA376AgileCipherParams):
        def __init__(self):
            super().__init__()
            self.hashName, self.hashSize, self.keyBits = "SHA1", 20, 128

    monkeypatch.setattr(ecma376_agile, "ECMA376AgileCipherParams", Excel2010)
    # The library cannot make this one for so short a hash; nobody looks at it.
    unchecked = staticmethod(lambda *_: (bytes(32), bytes(32)))
    monkeypatch.setattr(ecma376_agile.ECMA376Agile, "generate_integrity_parameter", unchecked)
    path, content = locked(tmp_path, password)
    assert b'hashAlgorithm="SHA1"' in path.read_bytes()
    assert opened(path, password) == content
    with pytest.raises(UserError, match="given does not open it"):
        opened(path, "no")


def test_a_damaged_lock_is_told_in_a_sentence(tmp_path):
    path, _ = locked(tmp_path, "geheim")
    whole = path.read_bytes()
    for cut in range(600, len(whole), len(whole) // 9):
        path.write_bytes(whole[:cut])
        with pytest.raises(UserError):
            opened(path, "geheim")
