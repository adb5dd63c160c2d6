from __future__ import annotations

import pytest

from jobs.intake.row_range import parse_rows
from templates.errors import UserError


@pytest.mark.parametrize(
    ("text", "rows"),
    [("5", [5]), ("4-6", [4, 5, 6]), ("5-6,12", [5, 6, 12]), (" 2 - 3 , 9 ", [2, 3, 9]), ("4–5", [4, 5])],
)
def test_rows_are_numbers_and_ranges(text, rows):
    wanted = parse_rows(text)
    assert [number for number in range(1, 20) if number in wanted] == rows
    assert wanted.last == max(rows)


@pytest.mark.parametrize("text", ["", "0", "9-4", "a", "4-", "-4", "4,,5", "1-2-3", "12345678"])
def test_anything_else_is_refused(text):
    with pytest.raises(UserError) as caught:
        parse_rows(text)
    assert caught.value.code == "rows"
