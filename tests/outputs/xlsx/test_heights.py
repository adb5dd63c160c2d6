import pytest

from outputs.xlsx.heights import lines_of, with_height


def test_lines_are_those_of_the_longest_text():
    assert lines_of([("short", 50.0), ("one\ntwo\n", 50.0)]) == 3
    assert lines_of([("word " * 100, 50.0)]) == 10
    assert lines_of([]) == 1


def test_wide_characters_count_twice():
    assert lines_of([("新しい上着" * 20, 50.0)]) > lines_of([("novel coat" * 10, 50.0)])


@pytest.mark.parametrize(
    ("tag", "grown"),
    [
        (b'<row r="2">', b'<row r="2" ht="44.88">'),
        (b'<x:row r="2" />', b'<x:row r="2" ht="44.88"/>'),
        (b'<row r="2" ht="15" x14ac:dyDescent="0.2">', b'<row r="2" ht="44.88" x14ac:dyDescent="0.2">'),
        (b"<row ht='60' r='2'>", b"<row ht='60' r='2'>"),
        (b'<row r="2" ht="15" customHeight="1">', b'<row r="2" ht="15" customHeight="1">'),
        (b'<row r="2" hidden="1">', b'<row r="2" hidden="1">'),
    ],
)
def test_a_row_grows_unless_it_is_high_enough_fixed_or_hidden(tag, grown):
    assert with_height(tag, 3, 11.0) == grown


def test_one_line_needs_nothing_and_no_row_is_higher_than_a_sheet_allows():
    assert with_height(b"<row>", 1, 11.0) == b"<row>"
    assert with_height(b"<row>", 500, 11.0) == b'<row ht="409.5">'
