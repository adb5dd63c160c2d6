import pytest
from platform_sheets import AMAZON, EXPORTS, GOOGLE, MAGENTO_1, SHOPIFY, WOOCOMMERCE

from jobs.intake.grouped.platforms import find_platform
from jobs.sheet import Column


def found(*headers):
    return find_platform([Column(index=at, header=header, raw=header) for at, header in enumerate(headers)])


def name(*headers):
    platform = found(*headers)
    return platform.name if platform else None


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_is_known_by_its_header(export):
    assert name(*EXPORTS[export][0]) == export


def test_columns_may_be_moved_left_out_renamed_in_case_and_padded():
    assert name("Vendor", " title ", "HANDLE", "Body HTML") == "shopify"
    assert name("Sku", "Parent", "type", "In stock?") == "woocommerce"
    assert name("My notes", *GOOGLE[0][::-1], "Skuscribe status") == "google"


def test_the_newer_shopify_form_is_known():
    platform = found("Title", "URL handle", "Description", "SKU", "Option1 name", "Option1 value", "Price")
    assert (platform.name, platform.columns["key"].header) == ("shopify", "URL handle")


@pytest.mark.parametrize("headers", [("g:id", "g:title", "g:item_group_id"), ("id", "title", "item group id")])
def test_a_feed_is_known_with_a_prefix_or_with_spaces(headers):
    assert name(*headers) == "google"


def test_a_feed_without_groups_is_known_by_its_other_columns():
    assert name("id", "title", "link", "image_link", "availability") == "google"
    assert name("id", "title", "link") is None


def test_amazons_newer_template_is_known_by_both_of_its_header_rows():
    assert name("SKU", "Product Type", "Parentage Level", "Parent SKU", "Item Name") == "amazon"
    market = "[marketplace_id=ATVPDKIKX0DER]"
    platform = found(
        "contribution_sku#1.value",
        f"parentage_level{market}#1.value",
        f"child_parent_sku_relationship{market}#1.parent_sku",
    )
    assert platform.name == "amazon"
    assert platform.columns.keys() == {"key", "type", "parent"}


@pytest.mark.parametrize(
    "headers",
    [
        ("ID", "Typ", "Artikelnummer", "Name", "Übergeordnetes Produkt", "Attribut 1 Name", "Attribut 1 Wert(e)"),
        ("ID", "Type", "UGS", "Nom", "Parent", "Nom de l’attribut 1", "Valeur(s) de l’attribut 1", "Ventes croisées"),
        ("ID", "Tipo", "SKU", "Superior", "Nombre del atributo 1", "Valor(es) del atributo 1", "Ventas cruzadas"),
        ("ID", "Tipo", "COD", "Nome", "Genitore", "Attributo 1 nome", "Attributo 1 valuta(e)"),
        ("ID", "Type", "SKU", "Naam", "Hoofd", "Reguliere prijs", "Naam eigenschap 1", "Waarde eigenschap 1"),
        ("ID", "Typ", "SKU", "Element nadrzędny", "Produkty grupowe", "Nazwa atrybutu 1", "Wartości atrybutu 1"),
        ("ID", "Тип", "Артикул", "Имя", "Родительский", "Базовая цена", "Название атрибута 1", "Значения атрибутов 1"),
    ],
)
def test_a_shop_may_export_in_its_own_language(headers):
    platform = found(*headers)
    assert platform.name == "woocommerce"
    assert len(platform.options) == 1
    assert platform.columns.keys() == {"id", "type", "key", "parent"}


def test_magento_1_is_known_by_its_underscores():
    assert name(*MAGENTO_1[0]) == "magento"
    assert name("sku", "type", "attribute_set", "category", "name") is None


@pytest.mark.parametrize(
    "headers",
    [
        ("SKU", "Title", "Description", "Price"),
        ("SKU", "Name", "Type", "Parent"),
        ("SKU", "Parent SKU", "Title"),
        ("sku", "product_type", "name", "visibility"),
        ("Handle", "Title", "Brand", "Size"),
        ("Handle", "Material", "Colour"),
        ("ID", "Title", "Link", "Price"),
        ("Artikelnummer", "Typ", "Bezeichnung"),
        (),
    ],
)
def test_a_sheet_of_ones_own_is_no_export(headers):
    assert name(*headers) is None


def test_options_are_found_in_pairs():
    pairs = [(one.header, other.header) for one, other in found(*SHOPIFY[0]).options]
    assert pairs == [("Option1 Name", "Option1 Value"), ("Option2 Name", "Option2 Value")]
    assert found(*WOOCOMMERCE[0][:-1]).options == ()
    assert found(*AMAZON[0]).options == ()
