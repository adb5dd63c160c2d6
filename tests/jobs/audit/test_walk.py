from outputs_making import info

from jobs.audit.choice import choose, platform_of
from jobs.audit.walk import Audit
from jobs.sheet import Row


class Table:
    """A sheet in memory."""

    def __init__(self, headers, *rows):
        self.info = info(*headers)
        self._rows = rows

    def rows(self):
        return (Row(number, cells) for number, cells in enumerate(self._rows, 2))


def audited(headers, *rows, key=None):
    sheet = Table(headers, *rows)
    choices = choose(sheet.info, platform=platform_of(sheet.info), templates=(), told={})
    audit = Audit(sheet, choices, key=key)
    found = [(one.row, one.rule, one.message) for one in audit.findings()]
    return audit, found


def figures(audit, column):
    (tally,) = [tally for tally in audit.tallies if tally.choice.column.header == column]
    return tally.checked, tally.empty, tally.over_limit, tally.over_advised, tally.distinct, tally.compared


def test_a_product_s_further_rows_are_empty_by_right():
    headers = ("Handle", "Title", "Option1 Name", "Image Alt Text")
    audit, found = audited(
        headers,
        ("kettle", "Kettle", "Colour", ""),
        ("kettle", "", "", "x" * 513),
        ("mug", "", "Colour", "A mug"),
    )
    assert (audit.rows, audit.products) == (3, 2)
    assert found == [
        (2, "empty", '"Image Alt Text" is empty'),
        (3, "too_long", '"Image Alt Text" has 513 characters, at most 512'),
        (4, "empty", '"Title" is empty'),
    ]
    assert figures(audit, "Image Alt Text") == (2, 1, 1, 0, 1, 1)


def test_woocommerce_s_variations_need_no_text():
    headers = ("Type", "SKU", "Name", "Description", "Parent", "Attribute 1 name")
    audit, found = audited(
        headers,
        ("variable", "K", "Kettle", "Good", "", "Colour"),
        ("variation", "K1", "Kettle - red", "", "K", "Colour"),
        ("simple", "M", "Mug", "", "", ""),
    )
    assert audit.products == 2
    assert found == [(4, "empty", '"Description" is empty')]


def test_every_row_of_a_google_feed_is_a_listing_and_variants_may_share_a_text():
    headers = ("id", "title", "description", "item_group_id", "image_link")
    audit, found = audited(
        headers,
        ("1", "Pan red", "Iron", "G"),
        ("2", "Pan blue", "Iron", "G"),
        ("3", "Mug", "Iron", "M"),
        ("4", "x" * 151, "", "N"),
    )
    assert audit.products == 3
    assert (5, "too_long", '"title" has 151 characters, at most 150') in found
    assert (5, "empty", '"description" is empty') in found
    assert (2, "same_text", '"description" is the same text as in row 4') in found
    assert figures(audit, "description") == (3, 1, 0, 0, 1, 2)


def test_the_same_text_is_counted_over_all_products():
    rows = [(str(number), "The one and only text", "Title") for number in range(50)]
    audit, found = audited(("SKU", "Meta description", "Title"), *rows)
    assert figures(audit, "Meta description") == (50, 0, 0, 0, 1, 50)
    assert (2, "same_text", '"Meta description" is the same text as in row 3 and 48 more') in found


def test_rows_of_one_key_are_one_product_wherever_they_stand():
    audit, _ = audited(("SKU", "Title"), ("1", "A"), ("2", "B"), ("1", "A"), ("", "C"))
    assert audit.products == 3


def test_short_rows_and_sheets_without_known_columns_end_well():
    audit, found = audited(("Price", "Stock"), ("1",), ("2", "3"))
    assert (audit.rows, audit.tallies, found) == (2, [], [])
    _, found = audited(("SKU", "Title"), ("1",))
    assert found == [(2, "empty", '"Title" is empty')]
