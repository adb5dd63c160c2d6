from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_sheets import Table

from jobs.intake.grouped.joining import join
from jobs.intake.mapping import map_columns
from jobs.intake.products import PAGE_PRODUCTS, describe, read_products
from jobs.intake.row_range import parse_rows
from jobs.sheet import Product
from templates.errors import UserError
from templates.fields import Variable

TITLE = Variable(name="title", label="title", needed=True)
BRAND = Variable(name="brand", label="brand")
SIZE = Variable(name="size", label="size", varies=True)
ALL = (TITLE, BRAND, SIZE)
HEADER = ("Handle", "Title", "Brand", "Size")


def products_of(*lines, key=None, rows=None, header=HEADER):
    table = Table(*lines, header=header)
    mapping = map_columns(table.info.columns, ALL, {})
    wanted = parse_rows(rows) if rows else None
    return [product for page in read_products(table, mapping, key=key, rows=wanted) for product in page]


def test_neighbouring_rows_with_one_key_are_one_product():
    lamp, vase = products_of(
        ("lamp", "Lamp", "Acme", "S"), ("lamp", "", "", "M"), ("lamp", "", "", "S"), ("vase", " Vase\xa0", "NA", "")
    )
    assert lamp == Product(key="lamp", rows=(2, 3, 4), values={"title": "Lamp", "brand": "Acme", "size": "S, M"})
    assert vase.values == {"title": "Vase", "brand": "NA", "size": ""}


def test_a_key_that_comes_again_further_down_comes_as_a_product_again():
    parts = products_of(("lamp", "Lamp", "", "S"), ("vase", "Vase", "", ""), ("lamp", "", "", "M"))
    assert [(part.key, part.rows) for part in parts] == [("lamp", (2,)), ("vase", (3,)), ("lamp", (4,))]
    assert join([parts[0], parts[2]], ALL).rows == (2, 4)
    assert join([parts[0], parts[2]], ALL).values["size"] == "S, M"


def test_keys_are_compared_as_written_but_for_white_space():
    assert [p.key for p in products_of(("007", "A"), ("007\xa0", ""), ("7", "B"), ("\u200b7", ""))] == ["007", "7"]


def test_without_a_key_column_each_row_is_a_product():
    header = ("Name of shop", "Title", "Brand", "Size")
    assert [p.key for p in products_of(("x", "Lamp"), ("x", "Lamp"), header=header)] == ["row 2", "row 3"]


def test_a_row_without_its_key_is_a_product_of_its_own():
    assert [p.key for p in products_of(("", "Lamp"), ("", "Vase"))] == ["row 2", "row 3"]


def test_rows_with_neither_key_nor_values_are_no_products():
    assert products_of(("", "", "", "", "a note"), ("", " ", "", ""), header=(*HEADER, "Notes")) == []


def test_a_product_with_a_key_and_nothing_else_is_left_to_the_planner():
    assert products_of(("lamp", "", "", ""))[0].values == {"title": "", "brand": "", "size": ""}


def test_rows_that_contradict_each_other_are_refused_with_all_that_is_needed_to_mend_them():
    with pytest.raises(UserError) as caught:
        products_of(("lamp", "Lamp", "", ""), ("lamp", "", "", ""), ("lamp", "Vase", "", ""))
    assert caught.value.code == "conflict"
    assert caught.value.message == (
        'p.csv: rows 2 and 4 have the same key "lamp", but column "Title" says "Lamp" in one and "Vase" in the other.'
    )
    assert "--key" in caught.value.fix


def test_an_optional_variable_keeps_the_first_value():
    assert (
        products_of(("lamp", "Lamp", "", ""), ("lamp", "", "Acme", ""), ("lamp", "", "Nord", ""))[0].values["brand"]
        == "Acme"
    )


def test_rows_limit_the_products_and_take_a_product_whole():
    lines = [("a", "A"), ("b", "B", "", "S"), ("b", "", "", "M"), ("c", "C"), ("d", "D")]
    assert [p.key for p in products_of(*lines, rows="2")] == ["a"]
    assert [(p.key, p.rows) for p in products_of(*lines, rows="4-5")] == [("b", (3, 4)), ("c", (5,))]
    assert [p.key for p in products_of(*lines, rows="2,6-90")] == ["a", "d"]
    assert products_of(*lines, rows="70") == []


def test_products_come_in_pages():
    table = Table(*((f"p{number}", "Lamp") for number in range(PAGE_PRODUCTS + 1)), header=HEADER)
    pages = list(read_products(table, map_columns(table.info.columns, ALL, {})))
    assert [len(page) for page in pages] == [PAGE_PRODUCTS, 1]


def test_what_was_chosen_is_said():
    table = Table(("lamp", "Lamp"), header=("Handle", "Titel", "Titles"))
    mapping = map_columns(table.info.columns, ALL, {"brand": "Titel"})
    assert describe(mapping, table.info, None) == [
        "p.csv: header in row 1",
        'key ← column A "Handle"',
        'title ← column C "Titles" (near)',
        'brand ← column B "Titel" (--map)',
        "size ← no column",
    ]
    assert describe(mapping, table.info, "B")[1] == 'key ← column B "Titel" (--key)'


def test_names_that_the_sheet_does_not_have_are_shown():
    table = Table(("lamp", "Lamp", "x", "y"), header=("Handle", "Title", "", "Title"))
    assert describe(map_columns(table.info.columns, ALL, {}), table.info, None)[1] == (
        'empty or doubled headers, named here ← column C "Column C", column D "Title (2)"'
    )
    many = Table(("lamp", *"abcdefghi"), header=("Handle", *[""] * 9))
    assert describe(map_columns(many.info.columns, ALL, {}), many.info, None)[1].endswith('"Column G" and 3 more')


VALUES = st.sampled_from(["", "S", "M", "L", "S, M", "XL"])


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6), st.data())
def test_joining_one_by_one_equals_joining_all_at_once(lines, data):
    parts = [
        Product(key="k", rows=(number,), values={"title": "T", "brand": brand, "size": size})
        for number, (brand, size) in enumerate(lines)
    ]
    left = parts[0]
    for part in parts[1:]:
        left = join([left, part], ALL)
    cut = data.draw(st.integers(1, max(1, len(parts) - 1)))
    halves = [parts[:cut], parts[cut:]] if len(parts) > 1 else [parts]
    joined = []
    for half in halves:
        whole = half[0]
        for part in half[1:]:
            whole = join([whole, part], ALL)
        joined.append(whole)
    assert (join(joined, ALL) if len(joined) > 1 else joined[0]) == left


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30))
def test_every_row_is_in_exactly_one_product(keys):
    products = products_of(*((key, "Lamp", "Acme", str(number)) for number, key in enumerate(keys)))
    assert [number for product in products for number in product.rows] == list(range(2, len(keys) + 2))
