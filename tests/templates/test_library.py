import pytest

from jobs.intake.names import is_near, plain_name
from templates.catalog import Catalog
from templates.checks import Checker
from templates.columns import usual_columns
from templates.rendering import Renderer

LIBRARY = Catalog().all()
NAMES = [
    "amazon-listing",
    "email-subject",
    "google-ads-rsa",
    "image-alt-text",
    "product-description",
    "seo-meta",
    "translate-description",
]


def fields(name):
    return {each.name: each for each in Catalog().find(name).fields}


def test_the_library_has_what_a_marketer_needs():
    assert [each.name for each in LIBRARY] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_library_template_is_whole(name):
    each = Catalog().find(name)
    assert each.title
    assert each.description
    assert all(field.source for field in each.fields), "every limit says where it comes from"
    assert 0 < each.parameters["temperature"] <= 1
    assert 250 <= len(each.sources["system.j2"].split()) <= 600
    assert "<product>\n{{ facts() }}\n</product>" in each.sources["user.j2"]
    assert len(Renderer(each, locale="fr").system) < 6000


def test_the_limits_are_those_of_the_platforms():
    rsa = fields("google-ads-rsa")
    assert (rsa["headlines"].count, rsa["headlines"].max_chars, rsa["headlines"].distinct) == (15, 30, True)
    assert (rsa["descriptions"].count, rsa["descriptions"].max_chars, rsa["descriptions"].distinct) == (4, 90, True)
    seo = fields("seo-meta")
    assert (seo["seo_title"].max_chars, seo["meta_description"].max_chars) == (60, 155)
    amazon = fields("amazon-listing")
    assert (amazon["item_title"].max_chars, amazon["item_title"].max_word_repeats) == (200, 2)
    assert set("!$?_{}^¬¦") <= set(amazon["item_title"].banned_chars)
    assert (amazon["bullets"].count, amazon["bullets"].max_chars) == (5, 250)
    assert fields("image-alt-text")["alt_text"].max_chars == 125
    email = fields("email-subject")
    assert (email["subject"].max_chars, email["preview"].max_chars) == (60, 90)


def test_an_amazon_title_with_a_promotion_is_flagged():
    checker = Checker(Catalog().find("amazon-listing").fields)
    bullets = [f"Soft: cotton part {number}" for number in range(5)]
    _, violations = checker.check({"item_title": "Acme Cap, Best Seller!", "bullets": bullets}, {})
    assert [violation.field for violation in violations] == ["item_title", "item_title"]
    _, violations = checker.check({"item_title": "Acme Cap, Cotton, Red", "bullets": bullets}, {})
    assert violations == []


@pytest.mark.parametrize(
    ("header", "variable"),
    [
        ("Title", "title"),
        ("Name*", "title"),
        ("post_title", "title"),
        ("item_name", "title"),
        ("Produktname", "title"),
        ("Artikelbezeichnung", "title"),
        ("Nom du produit", "title"),
        ("Nombre", "title"),
        ("Body (HTML)", "description"),
        ("Produktbeschreibung", "description"),
        ("Descripción", "description"),
        ("product_description", "description"),
        ("short_description", "summary"),
        ("Vendor", "brand"),
        ("Hersteller", "brand"),
        ("Marque", "brand"),
        ("Google Shopping / Google Product Category", "category"),
        ("Warengruppe", "category"),
        ("bullet_point1", "features"),
        ("Merkmale", "features"),
        ("Matière", "material"),
        ("color_name", "colour"),
        ("Farbe", "colour"),
        ("Größe", "size"),
        ("Talla", "size"),
        ("age_group", "audience"),
        ("Tags", "keywords"),
        ("Bildinhalt", "image_content"),
        ("Название", "title"),
        ("Nazwa produktu", "title"),
        ("商品名", "title"),
        ("Ürün adı", "title"),
        ("Описание", "description"),
        ("商品説明", "description"),
        ("Kort beskrivning", "summary"),
        ("Бренд", "brand"),
        ("Artikelgruppe", "category"),
        ("颜色", "colour"),
        ("Rozmiar", "size"),
    ],
)
def test_the_usual_headers_of_shops_are_known(header, variable):
    known = {
        name for name, aliases in usual_columns().items() if plain_name(header) in map(plain_name, (name, *aliases))
    }
    assert known == {variable}


def test_no_column_name_belongs_to_two_variables():
    owner = {}
    for name, aliases in usual_columns().items():
        for alias in {plain_name(alias) for alias in aliases} | {plain_name(name)}:
            assert owner.setdefault(alias, name) == name
        assert len({alias.casefold() for alias in aliases}) == len(aliases)


def test_a_column_that_a_template_fills_is_not_taken_for_a_source_the_next_time():
    known = [plain_name(alias) for name, aliases in usual_columns().items() for alias in (name, *aliases)]
    headers = {
        f"{field.title} {number}" if field.is_list else field.title
        for each in LIBRARY
        for field in each.fields
        for number in range(1, field.count + 1)
    }
    taken = {
        (header, alias)
        for header in headers
        for alias in known
        if plain_name(header) == alias or is_near(header, alias)
    }
    assert taken == set()
