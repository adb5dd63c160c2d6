from __future__ import annotations

import io

import pytest

from jobs.intake.merged import Merge
from jobs.intake.ooxml.merges import merges_above


def merges(elements, row=1):
    return merges_above(io.BytesIO(f"<worksheet><sheetData/>{elements}</worksheet>".encode()), row)


@pytest.mark.parametrize(
    "element",
    [
        '<mergeCell ref="B1:D2"/>',
        "<x:mergeCell x:uid='1' ref = '$B$1:$D$2' />",
        '<mergeCells count="1"><mergeCell ref="B1:D2"/>',
    ],
)
def test_a_merge_is_found_however_it_is_written(element):
    assert merges(element) == [Merge(1, 2, 1, 3)]


def test_merges_below_the_row_and_broken_ones_are_left_out():
    assert merges('<mergeCell ref="A2:B2"/><mergeCell ref="ZZZ1:ZZZ2"/><mergeCell ref="A1"/><mergeCell/>') == []


def test_a_merge_is_found_behind_many_rows():
    filling = "<row><c><v>1</v></c></row>" * 40_000
    for more in range(40):
        assert merges(f"{' ' * more}{filling}<mergeCell ref='A1:B1'/>") == [Merge(1, 1, 0, 1)]


def test_more_merges_than_anybody_has_about_a_header_are_not_read():
    assert len(merges("<mergeCell ref='A1:B1'/>" * 20_000)) == 10_000
