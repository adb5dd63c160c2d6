import pytest
from platform_sheets import AMAZON, EXPORTS, GOOGLE, MAGENTO, MAGENTO_1, SHOPIFY, WOOCOMMERCE, table

from jobs.intake.grouped.joining import join
from jobs.intake.mapping import map_columns
from jobs.intake.products import describe, read_products
from jobs.intake.row_range import parse_rows
from templates.columns import with_usual_columns
from templates.fields import Variable

VARIABLES = with_usual_columns(
    (
        Variable(name="title", label="Title", needed=True),
        Variable(name="description", label="Description"),
        Variable(name="colour", label="Colour", varies=True),
        Variable(name="size", label="Size", varies=True),
    )
)


def products_of(lines, *, key=None, rows=None, overrides=None):
    """Read a table as the planner does: parts of one product that are no neighbours are joined in their order."""
    sheet = table(lines)
    mapping = map_columns(sheet.info.columns, VARIABLES, overrides or {})
    wanted = parse_rows(rows) if rows else None
    found = {}
    for page in read_products(sheet, mapping, key=key, rows=wanted):
        for part in page:
            found[part.key] = join([found[part.key], part], VARIABLES) if part.key in found else part
    return found


def rows_of(lines, **options):
    return {key: (product.rows, product.copy_rows) for key, product in products_of(lines, **options).items()}


def said(lines, key=None):
    sheet = table(lines)
    return describe(map_columns(sheet.info.columns, VARIABLES, {}), sheet.info, key)


def test_shopify_rows_of_one_handle_are_one_product_and_the_first_takes_the_copy():
    assert rows_of(SHOPIFY) == {"tee": ((2, 3, 4), (2,)), "mug": ((5, 6), (5,))}
    tee, mug = products_of(SHOPIFY).values()
    assert tee.values == {
        "title": "Linen tee", "description": "<p>Light.</p>", "size": "S, M", "colour": "Red, Blue",
    }  # fmt: skip
    assert mug.values == {"title": "Stone mug", "description": ""}


def test_shopify_titles_that_differ_are_no_conflict():
    lines = [*SHOPIFY[:2], ("tee", "Linen tee, M", "", "", "", "M"), ("tee", "Other", "", "", "", "")]
    assert products_of(lines)["tee"].values["title"] == "Linen tee"


def test_woocommerce_variations_belong_to_their_parent_above_or_below():
    assert rows_of(WOOCOMMERCE) == {
        "tee": ((4, 2, 9), (4,)),
        "card": ((3,), (3,)),
        "id:20": ((6, 5), (6,)),
        "set": ((7,), (7,)),
        "lost-s": ((8,), (8,)),
    }


def test_woocommerce_variations_are_known_by_their_parent_when_the_header_of_the_types_is_lost():
    header = ("ID", " ", "SKU", "Name", "Parent", "Regular price", "Tax class", "Upsells", "Purchase note")
    rest = ("9", "", "", "")
    lines = (
        header,
        ("29", "variable", "TEE 1 ", "Linen tee", "0", *rest),
        ("30", "variation", "", "Linen tee - S", "TEE 1 ", *rest),
        ("31", "simple", "MUG", "Stone mug", "", *rest),
    )
    assert rows_of(lines) == {"TEE 1": ((2, 3), (2,)), "MUG": ((4,), (4,))}


def test_woocommerce_line_breaks_that_are_spelt_are_line_breaks_in_the_prompt():
    lines = (
        ("ID", "Type", "SKU", "Name", "Description", "Parent", "Regular price"),
        ("1", "simple", "MUG", "Mug", r"<ul>\n<li>See C:\\new</li>\n</ul>", "", "5"),
    )
    assert products_of(lines)["MUG"].values["description"] == "<ul>\n<li>See C:\\new</li>\n</ul>"
    plain = (("SKU", "Title", "Description"), ("MUG", "Mug", r"In C:\new"))
    assert products_of(plain)["MUG"].values["description"] == r"In C:\new"


def test_woocommerce_gives_the_parents_facts_and_all_sizes():
    found = products_of(WOOCOMMERCE)
    assert found["tee"].values == {"title": "Linen tee", "description": "Light.", "size": "S, M"}
    assert found["id:20"].values["size"] == "20 cm, 28 cm"


def test_magento_children_belong_to_their_configurable_and_store_views_give_no_facts():
    assert rows_of(MAGENTO) == {"HAT": ((2, 7), (2,)), "TEE": ((5, 3, 4, 6), (5,))}
    found = products_of(MAGENTO)
    assert found["TEE"].values == {
        "title": "Linen tee", "description": "", "colour": "Black, White", "size": "S, M",
    }  # fmt: skip
    assert found["HAT"].values == {"title": "Felt hat", "description": "A hat.", "colour": "Grey"}


def test_an_export_of_a_store_view_alone_has_its_products():
    lines = [MAGENTO[0], MAGENTO[5], MAGENTO[6]]
    found = products_of(lines)
    assert {key: product.values["title"] for key, product in found.items()} == {"TEE": "Leinenhemd", "HAT": "Filzhut"}


def test_magento_1_rows_without_sku_go_on_with_the_product_above():
    assert rows_of(MAGENTO_1) == {"tee": ((4, 2, 3, 5, 6), (4,)), "mug": ((7,), (7,))}
    assert products_of(MAGENTO_1)["tee"].values == {"title": "Linen tee", "description": "", "size": "S, M"}


def test_google_items_of_a_group_all_take_the_copy():
    assert rows_of(GOOGLE) == {"T1": ((2, 3, 5), (2, 3, 5)), "3": ((4,), (4,))}
    assert products_of(GOOGLE)["T1"].values == {
        "title": "Linen tee", "description": "Light.", "colour": "Red, Blue", "size": "S, M",
    }  # fmt: skip


def test_a_title_keeps_what_all_items_of_a_group_have():
    lines = [GOOGLE[0], GOOGLE[1], GOOGLE[2]]
    assert products_of(lines)["T1"].values["title"] == "Linen tee - Red"


def test_amazon_children_belong_to_their_parent_whose_facts_hold_and_all_take_the_copy():
    assert rows_of(AMAZON) == {"tee": ((3, 2, 5), (3, 2, 5)), "mug": ((4,), (4,))}
    assert products_of(AMAZON)["tee"].values == {"title": "Linen tee", "colour": "Red", "size": "S, M"}


def test_amazon_children_without_their_parent_in_the_sheet_are_one_product_under_its_sku():
    lines = [line for line in AMAZON if line[0] != "tee"]
    assert rows_of(lines)["tee"] == ((2, 4), (2, 4))
    assert products_of(lines)["tee"].values["title"] == "Linen tee, Red"


def test_the_machine_names_below_the_header_of_an_amazon_template_are_no_product():
    names = ("contribution_sku#1.value", "item_name#1.value", "parentage_level#1.value", "parent_sku#1.value")
    lines = [("SKU", "Item Name", "Parentage Level", "Parent SKU"), names, ("mug", "Stone mug", "", "")]
    assert list(products_of(lines)) == ["mug"]


@pytest.mark.parametrize("export", EXPORTS)
def test_every_row_is_in_exactly_one_product(export):
    lines = EXPORTS[export]
    rows = sorted(number for product in products_of(lines).values() for number in product.rows)
    assert rows == list(range(2, len(lines) + 1))


@pytest.mark.parametrize("export", EXPORTS)
def test_only_what_needs_a_survey_is_read_twice(export):
    sheet = table(EXPORTS[export])
    list(read_products(sheet, map_columns(sheet.info.columns, VARIABLES, {})))
    assert sheet.reads == (2 if export in ("woocommerce", "magento") else 1)


def test_a_key_that_is_told_goes_before_the_platforms_rule():
    assert list(products_of(SHOPIFY, key="Title")) == ["Linen tee", "Stone mug"]
    assert said(SHOPIFY, key="Title")[1] == 'key ← column B "Title" (--key)'


def test_a_column_that_is_told_goes_before_options():
    assert products_of(SHOPIFY, overrides={"size": "Option2 Value"})["tee"].values["size"] == "Red, Blue"


@pytest.mark.parametrize(
    ("lines", "rows", "keys"),
    [
        (SHOPIFY, "3", ["tee"]),
        (WOOCOMMERCE, "9", ["tee"]),
        (WOOCOMMERCE, "2-3", ["tee", "card"]),
        (MAGENTO, "3", ["TEE"]),
        (GOOGLE, "5", ["T1"]),
        (GOOGLE, "40", []),
    ],
)
def test_a_row_range_chooses_a_product_whole_wherever_its_rows_stand(lines, rows, keys):
    chosen = products_of(lines, rows=rows)
    assert list(chosen) == keys
    assert chosen == {key: product for key, product in products_of(lines).items() if key in keys}


SAID = {
    "shopify": 'Shopify: rows with one "Handle" are one product, copy on its first row',
    "woocommerce": 'WooCommerce: a product and the variations that name it as "Parent" are one product, '
    "copy on the product's own row, not on its variations",
    "magento": 'Magento: a configurable product and its "configurable_variations" are one product, '
    "copy on the product's own row, not on its children and store views",
    "google": 'Google Merchant: rows with one "item_group_id" are one product, copy on every row',
    "amazon": 'Amazon: a parent and the rows that name it as "parent_sku" are one product, copy on every row',
}


@pytest.mark.parametrize("export", EXPORTS)
def test_the_rule_is_said(export):
    assert said(EXPORTS[export])[1] == f"products ← {SAID[export]}"


def test_where_options_give_a_variable_is_said():
    assert said(SHOPIFY)[-1] == 'size ← options of that name in "Option1 Value", "Option2 Value"'
