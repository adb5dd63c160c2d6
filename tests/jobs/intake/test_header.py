from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.intake.header import find_header, first_rows, lay_out, shown
from jobs.sheet import Row
from templates.errors import UserError


def rows_of(*lines):
    return [Row(number, tuple(line)) for number, line in enumerate(lines, start=1) if any(line)]


PRODUCTS = [
    ["00123", "Walnut table lamp", "NA", "39.90", "Lighting"],
    ["00124", "Linen shade", "Acme", "12.00", "Lighting"],
    ["00125", "Brass hook", "Acme", "4.50", "Hardware"],
]
NAMES = ["SKU", "Title", "Brand", "Price", "Category"]


def header_of(*lines):
    return find_header(rows_of(*lines)).number


def test_the_first_row_is_the_header_of_a_tidy_table():
    assert header_of(NAMES, *PRODUCTS) == 1


def test_titles_and_banners_above_the_header_are_passed_over():
    assert header_of(["Spring range 2026"], [], ["Prepared by", "Anna"], NAMES, *PRODUCTS) == 4


def test_a_banner_of_merged_cells_is_passed_over():
    assert header_of(["TemplateType", "Version=2"], ["Basics", "", "", "Offer", ""], NAMES, *PRODUCTS) == 3


def test_machine_names_below_the_labels_are_the_header():
    machine = ["item_sku", "item_name", "brand_name", "standard_price", "item_type"]
    assert header_of(["Seller SKU", "Product Name", "Brand", "Price", "Type"], machine, *PRODUCTS) == 2


def test_a_header_that_does_not_begin_in_column_a_is_found():
    assert header_of(["", "", ""], ["", "", *NAMES], *(["", "", *row] for row in PRODUCTS)) == 2


def test_years_among_names_are_names():
    rows = [["Cotton", "2,666", "2,274", "1,877"], ["Wool", "498", "853", "490"], ["Silk", "3,108", "2,954", "2,658"]]
    assert header_of(["Sales by fabric, 2006 to 2008"], ["in thousands"], ["Year", "2006", "2007", "2008"], *rows) == 3
    assert header_of(["Sales"], ["", "2008", "2007", "2006"], *rows) == 2


def test_prose_and_blank_lines_above_the_header_are_passed_over():
    prose = (
        "This list holds all lamps of the season, with prices as of March; do not change the codes in column A. " * 2
    )
    assert header_of([], [prose], ["*****"], [], ["Valid from:", "1 March"], NAMES, *PRODUCTS) == 6


def test_remarks_that_fill_nearly_as_many_cells_as_the_header_are_passed_over():
    remarks = [["please", "keep", "", "to our", "list"], ["of", "", "makers", "", "and shops"]]
    names = ["Title", "Brand", "Price", "Stock", "Since"]
    rows = [["Lamp", "Acme", "39.90", "12", "2019-04-02"], ["Hook", "NA", "4.50", "80", "2021-11-30"]]
    assert header_of(*remarks, names, *rows) == 3


def test_a_header_with_a_gap_is_no_remark_though_the_first_product_fills_all_columns():
    rows = [["1", "Lamp", "Acme", "39.90"], ["2", "Hook", "NA", "4.50"], ["3", "Shade", "Acme", "12.00"]]
    assert header_of(["", "Title", "Brand", "Price"], *rows) == 1
    texts = [["A1", "Lamp", "Acme", "on request"], ["A2", "Hook", "NA", "4.50"], ["A3", "Shade", "Acme", "12.00"]]
    assert header_of(["", "Title", "Brand", "Price"], *texts) == 1


def test_a_row_that_parts_the_groups_of_the_first_is_the_header():
    groups = ["SKU", "Title", "Size", "Size", "Size", "Price"]
    names = ["", "", "Length", "Width", "Height", ""]
    sizes = [["1", "Lamp", "10", "20", "30", "5.00"], ["2", "Chair", "40", "50", "60", "9.00"]]
    header, columns = lay_out(rows_of(groups, names, *sizes), None, "p.xlsx")
    assert header.number == 2
    assert [column.header for column in columns] == ["SKU", "Title", "Length", "Width", "Height", "Price"]


def test_a_product_below_a_header_with_a_group_is_no_header():
    groups = ["SKU", "Title", "Size", "Size", "Size", "Price"]
    assert (
        header_of(groups, ["A1", "Lamp", "small", "medium", "large", "5.00"], ["A2", "Chair", "s", "m", "l", ""]) == 1
    )


def test_a_header_with_gaps_still_wins_over_the_products_below_it():
    assert header_of(["SKU", "Title", "", "Price", ""], *PRODUCTS) == 1


def test_a_table_of_numbers_begins_with_its_first_row():
    assert header_of(["1", "0", "0"], ["2", "0", "null"]) == 1


def test_no_row_with_text_is_no_header():
    assert find_header([]) is None


def test_a_header_without_products_is_a_header():
    assert header_of(NAMES) == 1


def test_names_are_shown_on_one_line_and_made_distinct():
    header, columns = lay_out(
        rows_of(["Title", "\xa0Body\n(HTML) ", "title", "Title (2)", "", "Title", "﻿SKU"], ["a"] * 8), None, "p.xlsx"
    )
    assert header.number == 1
    assert [column.header for column in columns] == [
        "Title",
        "Body (HTML)",
        "title (3)",
        "Title (2)",
        "Column E",
        "Title (4)",
        "SKU",
        "Column H",
    ]
    assert columns[1].raw == "\xa0Body\n(HTML) "


def test_the_row_told_wins():
    header, columns = lay_out(rows_of(NAMES, *PRODUCTS), 3, "p.xlsx")
    assert header.number == 3
    assert columns[1].header == "Linen shade"


def test_little_above_the_row_told_is_kept_for_headers_that_are_merged_downwards():
    rows = rows_of(*([str(number)] for number in range(1, 60)))
    assert [row.number for row in first_rows(rows, 20)] == list(range(17, 51))
    assert [row.number for row in first_rows(rows, None)] == list(range(1, 32))
    assert [row.number for row in first_rows(rows, 99)] == [57, 58, 59]


@pytest.mark.parametrize("told", [5, 99])
def test_a_row_told_that_has_no_text_is_refused(told):
    with pytest.raises(UserError) as caught:
        lay_out(rows_of(NAMES, *PRODUCTS, [], ["x"])[told:], told, "p.xlsx")
    assert caught.value.code == "header_row"


@given(st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=8))
def test_headers_are_always_distinct_and_never_empty(lines):
    rows = rows_of(*lines)
    if find_header(rows) is None:
        return
    _, columns = lay_out(rows, None, "p.xlsx")
    names = [column.header.casefold() for column in columns]
    assert len(set(names)) == len(names)
    assert all(shown(name) for name in names)
    assert [column.index for column in columns] == list(range(len(columns)))
