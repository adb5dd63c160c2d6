"""Publish files as the platforms read them."""

import csv

import pytest
from outputs_making import info, result

from jobs.results import ItemState
from jobs.sheet import Row
from outputs.publish.binding import bind
from outputs.publish.writing import publish_path, write_publish
from templates.catalog import Catalog
from templates.errors import UserError

SHOPIFY = ("Handle", "Title", "Body (HTML)", "Option1 Name", "Option1 Value", "Image Src", "Image Alt Text")
LIBRARY = {template.name: template for template in Catalog().all()}
SEO = {"seo_title": "Kettle, red | Acme", "meta_description": "A kettle that lasts."}
PAGE = {"description": 'Fine & "good".\n\nTwo\nlines.', "bullets": ("Light <1 kg", "Red")}


def publish(tmp_path, target, headers, rows, results, *templates, approved_only=False, above=()):
    sheet = info(*headers, header_row=len(above) + 1)
    path = publish_path(tmp_path / "products.xlsx", target)
    notes = write_publish(
        bind(target, sheet, [LIBRARY[name] for name in templates], ()),
        path,
        rows=[Row(number, tuple(cells)) for number, cells in rows],
        results=results,
        approved_only=approved_only,
        above=above,
    )
    return notes, path.read_bytes().decode("utf-8")


def table(text, delimiter=","):
    return list(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))


def seo(row, **changes):
    return result(row, template="seo-meta@1", **({"copy": SEO} | changes))


def page(row, **changes):
    return result(row, template="product-description@1", **({"copy": PAGE} | changes))


KETTLE = (2, ("kettle", "Kettle", "Old", "Colour", "red", "https://x/k.jpg", ""))
KETTLE_BLUE = (3, ("kettle", "", "", "", "blue", "", ""))
MUG = (4, ("mug", "@home mug", "Old", "", "", "", ""))


def test_a_shopify_file_has_one_row_for_each_product_and_no_column_of_variants(tmp_path):
    notes, text = publish(
        tmp_path,
        "shopify",
        SHOPIFY,
        [KETTLE, KETTLE_BLUE, MUG],
        [page(2), seo(2), page(4), seo(4)],
        "product-description",
        "seo-meta",
    )
    rows = table(text)
    assert list(rows[0]) == ["Handle", "Title", "Body (HTML)", "SEO Title", "SEO Description"]
    assert [row["Handle"] for row in rows] == ["kettle", "mug"]
    assert rows[1]["Title"] == "@home mug", "a name is never changed for fear of a formula"
    assert rows[0]["Body (HTML)"] == (
        '<p>Fine &amp; "good".</p>\n<p>Two<br>lines.</p>\n<ul><li>Light &lt;1 kg</li><li>Red</li></ul>'
    )
    assert rows[0]["SEO Title"] == SEO["seo_title"]
    assert notes.rows == 2
    assert not text.startswith("\ufeff")


def test_alternative_text_comes_with_its_picture_and_goes_without_none(tmp_path):
    alt = [result(row, template="image-alt-text@1", copy={"alt_text": f"Alt {row}"}) for row in (2, 4)]
    notes, text = publish(tmp_path, "shopify", SHOPIFY, [KETTLE, KETTLE_BLUE, MUG], alt, "image-alt-text")
    assert [(row["Image Src"], row["Image Alt Text"]) for row in table(text)] == [("https://x/k.jpg", "Alt 2")]
    assert "Row 4 is not in the Shopify file: it has no picture" in "\n".join(notes.lines())


def test_shopify_s_new_headers_are_kept_to(tmp_path):
    headers = ("Title", "URL handle", "Description", "SKU", "Price")
    _, text = publish(
        tmp_path, "shopify", headers, [(2, ("Kettle", "kettle", "Old", "1", "9"))], [page(2)], "product-description"
    )
    assert text.splitlines()[0] == "URL handle,Title,Description"


def test_copy_that_is_not_good_is_left_out_and_never_erases_the_shop_s_own(tmp_path):
    results = [page(2, state=ItemState.FLAGGED), seo(2), page(4), seo(4, state=ItemState.FAILED, copy={})]
    notes, text = publish(
        tmp_path,
        "shopify",
        SHOPIFY,
        [KETTLE, MUG],
        results,
        "product-description",
        "seo-meta",
    )
    (kettle,) = table(text)
    assert kettle["Body (HTML)"] == "Old", "the text that the shop has stays where ours may not go"
    assert kettle["SEO Title"] == SEO["seo_title"]
    assert notes.left_out == {ItemState.FLAGGED: 1, ItemState.FAILED: 1}
    assert 'no text for "SEO Title" to publish' in notes.lines()[1]


def test_only_approved_copy_goes_out_where_that_is_asked(tmp_path):
    results = [seo(2), seo(4, state=ItemState.LOCKED)]
    notes, text = publish(tmp_path, "shopify", SHOPIFY, [KETTLE, MUG], results, "seo-meta", approved_only=True)
    assert [row["Handle"] for row in table(text)] == ["mug"]
    assert notes.lines()[0] == "Shopify: 1 row (left out: 1 done) in products.shopify.csv."


def test_a_row_that_the_platform_would_refuse_is_left_out_and_named(tmp_path):
    results = [seo(2, copy=SEO | {"seo_title": "x" * 71}), seo(4)]
    notes, text = publish(tmp_path, "shopify", SHOPIFY, [KETTLE, MUG], results, "seo-meta")
    assert [row["Handle"] for row in table(text)] == ["mug"]
    assert notes.lines()[1] == ('Row 2 is not in the Shopify file: "SEO Title" has 71 characters, at most 70.')


def test_woocommerce_takes_line_breaks_as_its_exporter_writes_them(tmp_path):
    headers = ("ID", "Type", "SKU", "Name", "Description", "Parent", "Meta: rank_math_title")
    results = [page(2, copy=PAGE | {"description": "One\\n two\n\nThree"}), seo(2)]
    _, text = publish(
        tmp_path,
        "woocommerce",
        headers,
        [(2, ("7", "simple", "K1", "Kettle", "Old", "", ""))],
        results,
        "product-description",
        "seo-meta",
    )
    (row,) = table(text)
    assert (row["ID"], row["SKU"]) == ("7", "K1")
    assert row["Description"].startswith("<p>One\\\\n two</p>\\n<p>Three</p>\\n<ul>")
    assert row["Meta: rank_math_title"] == SEO["seo_title"]
    assert "Meta: _yoast_wpseo_title" not in row


def test_google_gets_the_disclosure_for_every_item_of_a_group(tmp_path):
    headers = ("id", "title", "description", "item_group_id")
    rows = [(2, ("1", "Pan", "", "G")), (3, ("9", "Mug", "", "M")), (4, ("2", "Pan", "", "G"))]
    results = [
        page(2, copy=PAGE | {"description": 'A 12" pan:\tgood.\nVery.'}, copy_rows=(2, 4)),
        page(3, copy=PAGE | {"description": "A mug."}, copy_rows=(3,)),
    ]
    _, text = publish(tmp_path, "google-supplemental", headers, rows, results, "product-description")
    assert text.splitlines() == [
        "id\tstructured_description",
        '1\ttrained_algorithmic_media:"A 12"" pan: good. Very."',
        '9\ttrained_algorithmic_media:"A mug."',
        '2\ttrained_algorithmic_media:"A 12"" pan: good. Very."',
    ]


def test_a_product_whose_lead_row_comes_last_holds_up_no_other(tmp_path):
    headers = ("item_sku", "parent_sku", "item_name")
    rows = [(2, ("A1", "A")), (3, ("B", "")), (4, ("A", ""))]
    results = [
        result(4, template="amazon-listing@1", copy=LISTING, copy_rows=(4, 2)),
        result(3, template="amazon-listing@1", copy=LISTING, copy_rows=(3,)),
    ]
    _, text = publish(tmp_path, "amazon", headers, rows, results, "amazon-listing")
    assert [line.split("\t")[0] for line in text.splitlines()[3:]] == ["A1", "B", "A"]


AMAZON = ("feed_product_type", "item_sku", "item_name", "parent_sku")
LISTING = {"item_title": "Acme Kettle, Red", "bullets": ("One", "Two")}


def test_an_amazon_file_has_the_template_s_own_rows_above_the_data(tmp_path):
    above = [
        ("TemplateType=fptcustom", "Version=2021.0210", "TemplateSignature=QUFB", "The top 3 rows are for Amazon"),
        ("Produkttyp", "Verkäufer-SKU", "Produktname", "Eltern-SKU"),
    ]
    _, text = publish(
        tmp_path,
        "amazon",
        AMAZON,
        [(4, ("kitchen", "A1", "Kettle", ""))],
        [result(4, template="amazon-listing@1", copy=LISTING)],
        "amazon-listing",
        above=above,
    )
    lines = [line.split("\t") for line in text.splitlines()]
    assert lines[0] == ["TemplateType=fptcustom", "Version=2021.0210", "TemplateSignature=QUFB"]
    assert lines[1][:4] == ["Produkttyp", "Verkäufer-SKU", "Update Delete", "Produktname"]
    assert lines[2][:4] == ["feed_product_type", "item_sku", "update_delete", "item_name"]
    assert lines[3] == ["kitchen", "A1", "PartialUpdate", "Acme Kettle, Red", "One", "Two", "", "", ""]


def test_a_title_that_amazon_forbids_is_left_out(tmp_path):
    results = [result(2, template="amazon-listing@1", copy=LISTING | {"item_title": "Kettle!"})]
    notes, text = publish(tmp_path, "amazon", AMAZON, [(2, ("kitchen", "A1", "", ""))], results, "amazon-listing")
    assert text.splitlines()[0] == "TemplateType=fptcustom"
    assert len(text.splitlines()) == 3
    assert 'has the character "!"' in notes.lines()[1]


def test_a_row_that_is_gone_from_the_source_is_told(tmp_path):
    with pytest.raises(UserError, match="Row 4 is not in the file any more"):
        publish(tmp_path, "shopify", SHOPIFY, [KETTLE], [seo(2), seo(4)], "seo-meta")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "headers", "templates", "said"),
    [
        ("shopify", ("SKU", "Title"), ["seo-meta"], 'no column "Handle", without which'),
        ("shopify", ("Handle", "Name"), ["seo-meta"], 'no column "Title"'),
        ("shopify", ("Handle", "Title"), ["email-subject"], "no field of email-subject@1 has a role that it takes"),
        ("shopify", ("Handle", "Title"), ["image-alt-text"], 'the source has no column "Image Src"'),
        ("shopify", ("Handle", "Title"), ["amazon-listing", "product-description"], 'both write its "bullets"'),
        ("woocommerce", ("Name",), ["seo-meta"], 'no column "SKU" or "ID"'),
        ("google-supplemental", ("Handle", "Title"), ["product-description"], 'no column "id"'),
        ("google-supplemental", ("id",), ["image-alt-text"], "a role that it takes"),
        ("amazon", ("Title",), ["amazon-listing"], 'no column "item_sku"'),
    ],
)
def test_what_cannot_be_published_is_refused_before_anything_is_spent(target, headers, templates, said):
    with pytest.raises(UserError, match=said) as caught:
        bind(target, info(*headers), [LIBRARY[name] for name in templates], ())
    assert caught.value.code == "publish"
    assert caught.value.fix


def test_bullets_of_two_templates_do_not_trouble_a_platform_that_takes_none():
    templates = [LIBRARY["amazon-listing"], LIBRARY["product-description"]]
    assert bind("google-supplemental", info("id"), templates, ()).fields.keys() == {"title", "description"}


def test_bullets_alone_never_take_the_place_of_a_description():
    binding = bind("shopify", info("Handle", "Title", "Body (HTML)"), [LIBRARY["amazon-listing"]], ())
    assert [column.header for column in binding.columns] == ["Handle", "Title"]


def test_one_file_holds_one_language():
    with pytest.raises(UserError, match="one language"):
        bind("shopify", info("Handle", "Title"), [LIBRARY["seo-meta"]], ("de-DE", "fr-FR"))


def test_a_translation_keeps_its_html(tmp_path):
    results = [result(2, template="translate-description@1", copy={"description": "<p>Ein <b>Kessel</b></p>"})]
    _, text = publish(tmp_path, "shopify", SHOPIFY, [KETTLE], results, "translate-description")
    assert table(text)[0]["Body (HTML)"] == "<p>Ein <b>Kessel</b></p>"
