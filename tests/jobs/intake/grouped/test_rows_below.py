import pytest
from platform_sheets import table

from jobs.intake.grouped.grouping import find_grouping
from jobs.intake.grouped.joining import join
from jobs.intake.mapping import map_columns
from jobs.intake.products import describe, read_products
from templates.columns import with_usual_columns
from templates.fields import Variable

VARIABLES = with_usual_columns(
    (
        Variable(name="title", label="Title", needed=True),
        Variable(name="colour", label="Colour", varies=True),
        Variable(name="size", label="Size", varies=True),
    )
)

SQUARESPACE = (
    ("Product ID [Non Editable]", "Title", "SKU", "Option Name 1", "Option Value 1", "Hosted Image URLs"),
    ("P-1", "Linen tee", "TEE-S", "Size", "S", ""),
    ("", "", "TEE-M", "Size", "M", ""),
    ("", "Stone mug", "MUG", "", "", ""),
    ("", "", "MUG-2", "", "", ""),
)
BIGCOMMERCE = (
    ("Item Type", "Product ID", "Product Name", "Product Code/SKU", "Allow Purchases?", "Track Inventory"),
    ("Product", "7", "Linen tee", "TEE", "Y", "by option"),
    ("  SKU", "", "[S]Size=S", "TEE-S", "", ""),
    ("  Rule", "", "", "TEE-S", "", ""),
    ("Product", "", "Stone mug", "MUG", "Y", "none"),
)
EBAY = (
    ("*Action(SiteID=US)", "CustomLabel", "*Title", "Relationship", "RelationshipDetails", "C:Color"),
    ("Add", "TEE", "Linen tee", "", "Size=S;M|Fit=Slim", "Red"),
    ("", "TEE-S", "", "Variation", "Size=S", ""),
    ("", "TEE-M", "", "Variation", "Size=M", ""),
    ("Add", "", "Stone mug", "", "", "Grey"),
)
WIX = (
    ("handleId", "fieldType", "name", "sku", "productOptionName1", "productOptionType1", "productOptionDescription1"),
    ("product_1", "Product", "Linen tee", "", "Size", "DROP_DOWN", "S;M"),
    ("product_1", "Variant", "", "TEE-S", "", "", "S"),
    ("product_1", "Variant", "", "TEE-M", "", "", "M"),
    ("product_2", "Product", "Stone mug", "MUG", "", "", ""),
)
EXPORTS = {"squarespace": SQUARESPACE, "bigcommerce": BIGCOMMERCE, "ebay": EBAY, "wix": WIX}


def products_of(lines):
    sheet = table(lines)
    mapping = map_columns(sheet.info.columns, VARIABLES, {})
    found = {}
    for page in read_products(sheet, mapping):
        for part in page:
            found[part.key] = join([found[part.key], part], VARIABLES) if part.key in found else part
    return found


def rows_of(lines):
    return {key: (product.rows, product.copy_rows) for key, product in products_of(lines).items()}


@pytest.mark.parametrize("export", EXPORTS)
def test_the_export_is_known_by_its_header(export):
    assert find_grouping(table(EXPORTS[export]).info.columns, None).platform.name == export


def test_squarespace_rows_without_a_title_are_variants_of_the_product_above():
    assert rows_of(SQUARESPACE) == {"P-1": ((2, 3), (2,)), "row 4": ((4, 5), (4,))}
    assert products_of(SQUARESPACE)["P-1"].values == {"title": "Linen tee", "size": "S, M"}


def test_bigcommerce_skus_and_rules_are_no_products():
    assert rows_of(BIGCOMMERCE) == {"7": ((2, 3, 4), (2,)), "MUG": ((5,), (5,))}
    assert products_of(BIGCOMMERCE)["7"].values["title"] == "Linen tee"


def test_ebay_variations_belong_to_their_listing_and_item_specifics_are_read():
    assert rows_of(EBAY) == {"TEE": ((2, 3, 4), (2,)), "row 5": ((5,), (5,))}
    assert products_of(EBAY)["TEE"].values == {"title": "Linen tee", "colour": "Red", "size": "S, M"}


def test_wix_variants_share_the_handle_of_their_product():
    assert rows_of(WIX) == {"product_1": ((2, 3, 4), (2,)), "product_2": ((5,), (5,))}
    assert products_of(WIX)["product_1"].values["size"] == "S, M"


def test_rows_without_anything_make_no_product():
    blank = ("", " ", "", "", "", "")
    assert list(rows_of((*EBAY, blank))) == ["TEE", "row 5"]


@pytest.mark.parametrize(
    ("export", "rule"),
    [
        ("squarespace", 'a row with a "Title" and the rows without one below it are one product, copy on its first'),
        ("bigcommerce", 'a row with "Product" in "Item Type" and the other rows below it are one product'),
        ("ebay", 'a listing and the rows below it with a "Relationship" are one product, copy on the listing\'s own'),
        ("wix", 'rows with one "handleId" are one product, copy on its first row'),
    ],
)
def test_the_rule_is_told_in_a_line(export, rule):
    sheet = table(EXPORTS[export])
    assert rule in describe(map_columns(sheet.info.columns, VARIABLES, {}), sheet.info, None)[1]
