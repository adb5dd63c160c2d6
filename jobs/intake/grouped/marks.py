"""What the exports of shop platforms and marketplaces are known by: the names in their headers.

Sources: help.shopify.com/manual/products/import-export/using-csv (`Handle`; in the newer form `URL handle`).
WooCommerce's wiki page "Product CSV Importer & Exporter" (`Type`, `Parent`; a shop exports the header in its language).
Adobe Commerce's product import and export, e.g. magento/magento2 issue 8754 (`product_type`, `configurable_variations`,
`store_view_code`; Magento 1 has `_type`, `_super_products_sku`). support.google.com/merchants/answer/6324507
(`item_group_id`). Seller Central help 202135320 and the inventory templates (`item_sku`, `parent_sku`, `parent_child`;
newer ones have `contribution_sku#1.value`, `parentage_level[…]#1.value`). support.squarespace.com article 115000378108
(further variants in rows below, their `Title` empty). support.bigcommerce.com "Importing & Exporting Products"
(`Item Type` or `Item`: a product, then its SKUs, rules, images). eBay's File Exchange instructions (`Relationship`).
support.wix.com "Wix Stores: Creating a CSV File to Import Your Product Info" (`handleId`, `fieldType`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jobs.intake.names import plain_name

PlatformName = Literal[
    "shopify", "woocommerce", "magento", "amazon", "google", "squarespace", "bigcommerce", "ebay", "wix"
]

#: `g:title` in feeds; `parentage_level[marketplace_id=…]#1.value` in Amazon's newer templates.
_ASIDE = re.compile(r"^\s*g:|\[[^\]]*\]|#\d+(?=\.|$)|\.value$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a platform's header is known by."""

    name: PlatformName
    label: str
    #: Role -> usual names, best first.
    roles: Mapping[str, tuple[str, ...]]
    #: Roles that must be there together, and how many of the signs then make it certain.
    needed: tuple[tuple[frozenset[str], int], ...]
    #: Names that hardly any other sheet has beside those roles.
    signs: frozenset[str]
    #: Names of an option's pair of columns, with # for its number.
    options: tuple[tuple[str, str], ...] = ()
    on_every_row: bool = False


def _folded(*names: str) -> frozenset[str]:
    return frozenset(map(fold, names))


def fold(name: str) -> str:
    """Compare as `plain_name` does, but keep an underscore before the name, which tells Magento 1 from others."""
    core = _ASIDE.sub("", name).strip()
    return ("_" if core.startswith("_") else "") + plain_name(core)


PLATFORMS = (
    Marks(
        name="shopify",
        label="Shopify",
        roles={"key": ("Handle", "URL handle"), "title": ("Title",)},
        needed=((frozenset({"key"}), 1),),
        signs=_folded(
            *("Body (HTML)", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price", "Variant Grams"),
            *("Variant Inventory Qty", "Variant Inventory Policy", "Variant Barcode", "Variant ID", "Image Src"),
            *("Image Position", "Variant Image", "Published on online store", "Product image URL", "Compare-at price"),
            *("Inventory quantity", "Continue selling when out of stock", "Google Shopping / MPN", "Gift Card"),
        ),
        options=(("Option# Name", "Option# Value"),),
    ),
    Marks(
        name="woocommerce",
        label="WooCommerce",
        roles={
            "key": ("SKU", "Artikelnummer", "Artikelnummer (SKU)", "UGS", "COD", "Артикул"),
            "id": ("ID",),
            "type": ("Type", "Typ", "Tipo", "Тип"),
            "parent": (
                *("Parent", "Übergeordnetes Produkt", "Superior", "Genitore"),
                *("Hoofd", "Element nadrzędny", "Родительский", "Förälder"),
            ),
        },
        needed=(
            (frozenset({"type", "key", "parent"}), 1),
            (frozenset({"type", "id", "parent"}), 1),
            (frozenset({"type", "key"}), 4),
            # The header of `Type` is sometimes lost.
            (frozenset({"key", "parent"}), 4),
            (frozenset({"id", "parent"}), 4),
        ),
        signs=_folded(
            *("Attribute 1 name", "Attribute 1 value(s)", "Is featured?", "Visibility in catalog", "Tax status"),
            *("Tax class", "In stock?", "Backorders allowed?", "Sold individually?", "Regular price", "Sale price"),
            *("Allow customer reviews?", "Purchase note", "Download limit", "Grouped products", "Upsells"),
            *("Regulärer Preis", "Gruppierte Produkte", "Sichtbarkeit im Katalog", "Attribut 1 Name"),
            *("Visibilité dans le catalogue", "Mis en avant ?", "Ventes croisées", "Groupes de produits"),
            *("Visibilidad en el catálogo", "Ventas cruzadas", "Productos agrupados", "¿Está destacado?"),
            *("Visibilità nel catalogo", "Prodotti raggruppati", "Classe di spedizione", "Attributo 1 nome"),
            *("Zichtbaarheid in catalogus", "Gegroepeerde producten", "Wordt individueel verkocht?", "Reguliere prijs"),
            *("Widoczność w katalogu", "Produkty grupowe", "Sprzedawany pojedynczo?", "Włącz opinie klientów?"),
            *("Видимость в каталоге", "Сгруппированные товары", "Продано индивидуально?", "Базовая цена"),
            *("рекомендуемый?", "В наличии?"),
        ),
        options=(
            ("Attribute # name", "Attribute # value(s)"),
            ("Attribut # Name", "Attribut # Wert(e)"),
            ("Nom de l’attribut #", "Valeur(s) de l’attribut #"),
            ("Nombre del atributo #", "Valor(es) del atributo #"),
            ("Attributo # nome", "Attributo # valuta(e)"),
            ("Naam eigenschap #", "Waarde eigenschap #"),
            ("Nazwa atrybutu #", "Wartości atrybutu #"),
            ("Название атрибута #", "Значения атрибутов #"),
            ("Имя атрибута #", "Значение(-я) аттрибута(-ов) #"),
        ),
    ),
    Marks(
        name="magento",
        label="Magento",
        roles={
            "key": ("sku",),
            "type": ("product_type", "_type"),
            "variations": ("configurable_variations",),
            "children": ("_super_products_sku",),
            "store": ("store_view_code", "_store"),
            "attributes": ("additional_attributes",),
        },
        needed=((frozenset({"key", "type"}), 2),),
        signs=_folded(
            *("attribute_set_code", "configurable_variations", "product_websites", "store_view_code", "product_online"),
            *("additional_attributes", "associated_skus", "website_id", "tax_class_name", "_attribute_set", "_store"),
            *("_super_products_sku", "_product_websites", "_category"),
        ),
        options=(("_super_attribute_code", "_super_attribute_option"),),
    ),
    Marks(
        name="amazon",
        label="Amazon",
        roles={
            "key": ("item_sku", "contribution_sku", "Seller SKU", "seller-sku", "SKU"),
            "parent": ("parent_sku", "Parent SKU", "child_parent_sku_relationship.parent_sku"),
            "type": ("parent_child", "parentage_level", "Parentage"),
        },
        needed=((frozenset({"key", "parent"}), 1), (frozenset({"key"}), 4)),
        signs=_folded(
            *("parent_child", "parentage_level", "Parentage", "relationship_type", "Child Relationship Type"),
            *("variation_theme", "variation_theme.name", "Variation Theme Name", "feed_product_type", "item_sku"),
            *("child_parent_sku_relationship.child_relationship_type", "external_product_id", "bullet_point1"),
            *("external_product_id_type", "item_name", "recommended_browse_nodes", "update_delete", "generic_keywords"),
        ),
        on_every_row=True,
    ),
    Marks(
        name="google",
        label="Google Merchant",
        roles={"key": ("id",), "group": ("item_group_id",), "title": ("title",), "link": ("link",)},
        needed=((frozenset({"key", "group"}), 1), (frozenset({"key", "title", "link"}), 2)),
        signs=_folded(
            *("item_group_id", "image_link", "availability", "google_product_category", "additional_image_link"),
            *("identifier_exists", "mobile_link", "shipping_weight", "custom_label_0", "sale_price_effective_date"),
        ),
        on_every_row=True,
    ),
    Marks(
        name="squarespace",
        label="Squarespace",
        roles={"key": ("Product ID [Non Editable]",), "id": ("Product URL",), "title": ("Title",)},
        needed=((frozenset({"title"}), 2),),
        signs=_folded("Variant ID [Non Editable]", "Hosted Image URLs", "Product Page", "Option Name 1"),
        options=(("Option Name #", "Option Value #"),),
    ),
    Marks(
        name="bigcommerce",
        label="BigCommerce",
        roles={"key": ("Product ID", "ID"), "id": ("Product Code/SKU", "SKU"), "type": ("Item Type", "Item")},
        needed=((frozenset({"type", "id"}), 2),),
        signs=_folded(
            *("Product Code/SKU", "Allow Purchases", "Product Visible", "Track Inventory", "Option Set"),
            *("Stop Processing Rules", "Product UPC/EAN", "Bin Picking Number", "Inventory Tracking", "Current Stock"),
            *("Variant Image URL", "Image is Thumbnail", "Show Product Condition"),
        ),
    ),
    Marks(
        name="ebay",
        label="eBay",
        roles={
            "key": ("ItemID", "Item number"),
            "id": ("CustomLabel", "Custom label (SKU)"),
            "type": ("Relationship",),
            "variations": ("RelationshipDetails",),
        },
        needed=((frozenset({"type", "variations"}), 0),),
        signs=frozenset(),
    ),
    Marks(
        name="wix",
        label="Wix",
        roles={"key": ("handleId",), "type": ("fieldType",)},
        needed=((frozenset({"key", "type"}), 0),),
        signs=frozenset(),
        options=(("productOptionName#", "productOptionDescription#"),),
    ),
)
