"""Flipped and cut bytes of binary workbooks end in a table or in one sentence."""

from __future__ import annotations

import io
import random
import time
import zipfile

import pytest
from intake_files import ends_well
from xls_making import write_xls
from xlsb_making import Shown, write_xlsb

SHEETS = {
    "Products": [
        ["SKU", "Name", "Price"],
        *[[f"{row:05}", f"Lamp {row}", Shown(row / 7, "0.00")] for row in range(60)],
    ],
    "Other": [["a", "b", "c"], [1, 2, True]],
}
#: Any one of them takes some hundredths; this is what a busy machine may make of it.
MOST_S = 20


def reads_or_refuses(path):
    began = time.monotonic()
    assert ends_well(path)
    assert time.monotonic() - began < MOST_S


def damaged(content, chance):
    """Flip some bytes, or cut the file, or write a huge number into it."""
    changed = bytearray(content)
    kind = chance.randrange(4)
    if kind == 0:
        return changed[: chance.randrange(len(changed))]
    for _ in range(chance.choice((1, 3, 20))):
        at = chance.randrange(len(changed))
        if kind == 1:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"))
        else:
            changed[at] = chance.randrange(256)
    return changed


def checked_old_workbooks(tmp_path, seeds):
    content = write_xls(tmp_path / "p.xls", SHEETS).read_bytes()
    used = len(content.rstrip(b"\0"))
    for seed in seeds:
        chance = random.Random(seed)
        head = damaged(content[:used] if seed % 2 else content[:2048], chance)
        (tmp_path / "p.xls").write_bytes(head if len(head) < 2048 else bytes(head) + content[len(head) :])
        reads_or_refuses(tmp_path / "p.xls")


def checked_binary_workbooks(tmp_path, seeds):
    content = write_xlsb(tmp_path / "p.xlsb", SHEETS).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    binary = [name for name in parts if name.endswith(".bin")]
    for seed in seeds:
        chance = random.Random(seed)
        if seed % 4 == 0:
            (tmp_path / "p.xlsb").write_bytes(damaged(content, chance))
        else:
            name = chance.choice(binary)
            with zipfile.ZipFile(tmp_path / "p.xlsb", "w") as package:
                for each, data in parts.items():
                    package.writestr(each, bytes(damaged(data, chance)) if each == name else data)
        reads_or_refuses(tmp_path / "p.xlsb")


def test_damaged_old_workbooks_end_well(tmp_path, capfd):
    checked_old_workbooks(tmp_path, range(150))
    assert capfd.readouterr() == ("", "")


def test_damaged_binary_workbooks_end_well(tmp_path):
    checked_binary_workbooks(tmp_path, range(300))


@pytest.mark.slow
def test_many_damaged_workbooks_end_well(tmp_path):
    checked_old_workbooks(tmp_path, range(1000, 5000))
    checked_binary_workbooks(tmp_path, range(1000, 9000))
