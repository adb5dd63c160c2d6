from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsb_making import record, wide

from jobs.intake.biff12.records import MOST_RECORD_BYTES, records, wide_string
from jobs.intake.ooxml.damage import Damaged

RECORDS = st.lists(st.tuples(st.integers(0, (1 << 14) - 1), st.binary(max_size=300)), max_size=20)


@given(RECORDS)
def test_records_come_as_they_were_written(written):
    part = b"".join(record(kind, data) for kind, data in written)
    assert list(records(io.BytesIO(part))) == written


def test_a_record_over_several_chunks_is_whole():
    written = [(7, bytes(200_000)), (8, bytes(300_000)), (600, b"end")]
    part = b"".join(record(kind, data) for kind, data in written)
    assert list(records(io.BytesIO(part))) == written


@pytest.mark.parametrize(
    "part", [b"\x05", b"\x05\x03ab", b"\x85", b"\x05\x80", b"\x05\xff\xff\xff\x7f", record(5, b"abc")[:-1]]
)
def test_a_part_that_breaks_off_is_damage(part):
    with pytest.raises(Damaged):
        list(records(io.BytesIO(part)))


def test_a_huge_record_is_damage_before_it_is_read():
    part = record(5, bytes(MOST_RECORD_BYTES + 1))
    with pytest.raises(Damaged, match="claims 16,777,217 bytes"):
        list(records(io.BytesIO(part)))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_come_as_they_were_written(text):
    data = b"before" + wide(text) + b"behind"
    assert wide_string(data, 6) == (text, len(data) - 6)


def test_a_null_text_is_empty_and_half_a_character_is_replaced():
    assert wide_string(b"\xff\xff\xff\xff", 0) == ("", 4)
    assert wide_string(wide("a\ud83d"), 0)[0] == "a�"
