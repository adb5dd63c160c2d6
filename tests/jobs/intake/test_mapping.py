from __future__ import annotations

import pytest

from jobs.intake.grouped.keys import key_column
from jobs.intake.header import name_columns
from jobs.intake.mapping import map_columns, parse_map
from jobs.sheet import Row
from templates.errors import UserError
from templates.fields import Variable

TITLE = Variable(name="title", label="product title", aliases=("Title", "Product name", "Titel", "Name"), needed=True)
BRAND = Variable(name="brand", label="brand", aliases=("Brand", "Vendor", "Marke"))
DESCRIPTION = Variable(name="description", label="description", aliases=("Description", "Body (HTML)", "Beschreibung"))
SIZE = Variable(name="size", label="size", aliases=("Size", "Größe"), varies=True)
ALL = (TITLE, BRAND, DESCRIPTION, SIZE)


def columns_of(*headers):
    return name_columns(Row(1, headers), ())


def chosen(*headers, overrides=None, variables=ALL):
    mapping = map_columns(columns_of(*headers), variables, overrides or {})
    return {name: (choice.column.header, choice.how) for name, choice in mapping.choices.items()}


@pytest.mark.parametrize(
    "header", ["product_name", "ProductName", "PRODUCT NAME", " Product\xa0name ", "product-name", "Product\nname:"]
)
def test_spelling_of_a_header_does_not_matter(header):
    assert chosen("SKU", header)["title"][1] == "alias"


def test_accents_do_not_matter():
    assert chosen("Grösse")["size"] == ("Grösse", "alias")
    assert chosen("Body HTML")["description"] == ("Body HTML", "alias")


def test_the_earlier_alias_wins_whatever_the_order_of_the_columns():
    assert chosen("Name", "Product name", "Title")["title"] == ("Title", "alias")


@pytest.mark.parametrize(
    ("header", "variable"),
    [
        ("Desciption", "description"),
        ("Descriptions", "description"),
        ("Product Brand", "brand"),
        ("Title EN", "title"),
        ("Size (cm)", "size"),
        ("Beschreibung*", "description"),
        ("g:title", "title"),
        ("C:Brand", "brand"),
        ("*C:Size", "size"),
        ("description-de_DE", "description"),
        ("description-en_US-ecommerce", "description"),
    ],
)
def test_near_names_are_found(header, variable):
    found = chosen("SKU", header)
    assert found[variable][0] == header


@pytest.mark.parametrize(
    "header",
    [
        "Meta description",
        "Brand story",
        "Subtitle",
        "Seize",
        "Titles of links",
        "Branding",
        "Description (new)",
        "12",
        "%",
    ],
)
def test_names_that_only_look_alike_are_left_alone(header):
    assert chosen("SKU", header) == {}


def test_a_column_serves_one_variable_only():
    other = Variable(name="name", label="name", aliases=("Title",))
    assert chosen("Title", variables=(TITLE, other)) == {"title": ("Title", "alias")}


def test_a_column_that_two_variables_claim_by_likeness_is_left_alone():
    one = Variable(name="material", label="material")
    other = Variable(name="materiel", label="materiel")
    assert chosen("Materiol", variables=(one, other)) == {}


def test_columns_that_skuscribe_wrote_are_no_sources():
    status = Variable(name="status", label="status", aliases=("Skuscribe status",))
    assert chosen("SKU", "Skuscribe status", variables=(status,)) == {}


def test_a_column_without_a_header_is_no_source():
    column = Variable(name="column_b", label="Column B")
    assert chosen("SKU", "", "x", variables=(column,)) == {}


def test_map_wins_over_names_and_may_use_a_column_twice():
    found = chosen("Title", "Vendor", "Text", overrides={"description": "title", "brand": "C"})
    assert found == {"brand": ("Text", "map"), "description": ("Title", "map")}
    twice = chosen("Title", "Text", overrides={"title": "Text", "description": "Text"})
    assert twice == {"title": ("Text", "map"), "description": ("Text", "map")}


def test_a_header_wins_over_a_letter():
    assert chosen("B", "Text", overrides={"title": "B"})["title"] == ("B", "map")


def test_what_is_missing_is_named():
    mapping = map_columns(columns_of("Vendor"), ALL, {})
    assert mapping.missing((TITLE, BRAND)) == (TITLE,)
    assert mapping.column("title") is None
    assert mapping.headers == {"brand": "Vendor"}


def test_map_texts_are_parted_at_the_first_equals_sign():
    assert parse_map(["title=Name", "brand = A=B "]) == {"title": "Name", "brand": "A=B"}


@pytest.mark.parametrize("texts", [["title"], ["=Name"], ["title="], ["title=A", "title=B"]])
def test_a_wrong_map_is_refused(texts):
    with pytest.raises(UserError) as caught:
        parse_map(texts)
    assert caught.value.code == "map"


@pytest.mark.parametrize(
    ("overrides", "hint"), [({"titel": "Title"}, '"title"'), ({"title": "Tilte"}, '"Title"'), ({"title": "Z"}, "Title")]
)
def test_a_map_to_what_does_not_exist_names_the_nearest(overrides, hint):
    with pytest.raises(UserError) as caught:
        map_columns(columns_of("Title", "Vendor"), ALL, overrides)
    assert caught.value.code == "map"
    assert hint in caught.value.message


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        (("ID", "SKU", "Handle"), "Handle"),
        (("ID", "item_sku"), "item_sku"),
        (("Artikel-Nr.", "Titel"), "Artikel-Nr."),
        (("gtin", "id"), "id"),
        (("CustomLabel", "*Title"), "CustomLabel"),
        (("Name", "Internal Reference"), "Internal Reference"),
        (("商品名", "商品番号"), "商品番号"),
        (("Désignation", "Réf."), "Réf."),
        (("Title", "Price"), None),
    ],
)
def test_the_key_column_is_found_by_its_usual_names(headers, key):
    found = key_column(columns_of(*headers), None)
    assert (found.header if found else None) == key


def test_a_key_told_wins_and_one_that_does_not_exist_is_refused():
    columns = columns_of("SKU", "Style")
    assert key_column(columns, "style").header == "Style"
    assert key_column(columns, "b").header == "Style"
    with pytest.raises(UserError, match="Style") as caught:
        key_column(columns, "Stile")
    assert caught.value.code == "key"
