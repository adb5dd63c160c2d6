"""Which shop platform a sheet comes from, by its header, and which of its columns say what belongs together.

Sources: help.shopify.com/manual/products/import-export/using-csv (`Handle`; in the newer form `URL handle`).
WooCommerce's wiki page "Product CSV Importer & Exporter" (`Type`, `Parent`; a shop exports the header in its language).
Adobe Commerce's product import and export, e.g. magento/magento2 issue 8754 (`product_type`, `configurable_variations`,
`store_view_code`; Magento 1 has `_type`, `_super_products_sku`). support.google.com/merchants/answer/6324507
(`item_group_id`). Seller Central help 202135320 and the inventory templates (`item_sku`, `parent_sku`, `parent_child`;
newer ones have `contribution_sku#1.value`, `parentage_level[…]#1.value`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jobs.intake.names import plain_name
from jobs.sheet import Column

PlatformName = Literal["shopify", "woocommerce", "magento", "amazon", "google"]

#: `g:title` in feeds; `parentage_level[marketplace_id=…]#1.value` in Amazon's newer templates.
_ASIDE = re.compile(r"^\s*g:|\[[^\]]*\]|#\d+(?=\.|$)|\.value$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform's export as it was found in a header."""

    name: PlatformName
    #: As people call it: `Shopify`.
    label: str
    #: By role: `key` (what names a product or a row of it), `id`, `type`, `parent`, `group`, `variations`, `children`,
    #: `store`, `attributes`; a role that no column has is not in it.
    columns: Mapping[str, Column]
    #: Pairs of columns that hold an option's name and its value.
    options: tuple[tuple[Column, Column], ...]
    #: Each row is a listing of its own and takes the copy; else only a product's lead row does.
    on_every_row: bool

    @property
    def structure(self) -> tuple[Column, ...]:
        """The columns that say how rows hang together, and nothing of the product, whatever their names are like."""
        roles = ("type", "parent", "group", "variations", "children", "store", "attributes")
        return tuple(self.columns[role] for role in roles if role in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
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
    return frozenset(map(_fold, names))


def _fold(name: str) -> str:
    """Compare as `plain_name` does, but keep an underscore before the name, which tells Magento 1 from others."""
    core = _ASIDE.sub("", name).strip()
    return ("_" if core.startswith("_") else "") + plain_name(core)


_PLATFORMS = (
    _Marks(
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
    _Marks(
        name="woocommerce",
        label="WooCommerce",
        roles={
            "key": ("SKU", "Artikelnummer", "Artikelnummer (SKU)", "UGS", "COD"),
            "id": ("ID",),
            "type": ("Type", "Typ", "Tipo"),
            "parent": ("Parent", "Übergeordnetes Produkt", "Superior", "Genitore"),
        },
        needed=(
            (frozenset({"type", "key", "parent"}), 1),
            (frozenset({"type", "id", "parent"}), 1),
            (frozenset({"type", "key"}), 4),
        ),
        signs=_folded(
            *("Attribute 1 name", "Attribute 1 value(s)", "Is featured?", "Visibility in catalog", "Tax status"),
            *("Tax class", "In stock?", "Backorders allowed?", "Sold individually?", "Regular price", "Sale price"),
            *("Allow customer reviews?", "Purchase note", "Download limit", "Grouped products", "Upsells"),
            *("Regulärer Preis", "Gruppierte Produkte", "Sichtbarkeit im Katalog", "Attribut 1 Name"),
            *("Visibilité dans le catalogue", "Mis en avant ?", "Ventes croisées", "Groupes de produits"),
            *("Visibilidad en el catálogo", "Ventas cruzadas", "Productos agrupados", "¿Está destacado?"),
            *("Visibilità nel catalogo", "Prodotti raggruppati", "Classe di spedizione", "Attributo 1 nome"),
        ),
        options=(
            ("Attribute # name", "Attribute # value(s)"),
            ("Attribut # Name", "Attribut # Wert(e)"),
            ("Nom de l’attribut #", "Valeur(s) de l’attribut #"),
            ("Nombre del atributo #", "Valor(es) del atributo #"),
            ("Attributo # nome", "Attributo # valuta(e)"),
        ),
    ),
    _Marks(
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
    _Marks(
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
    _Marks(
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
)


def usual_names(platform: PlatformName, role: str) -> tuple[str, ...]:
    """Give the names that a platform's exports have for the column of a role, best first."""
    return next(marks.roles[role] for marks in _PLATFORMS if marks.name == platform)


def find_platform(columns: Sequence[Column]) -> Platform | None:
    """Find the platform whose export has this header; None for a sheet of one's own."""
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(_fold(column.raw), column)
    by_name.pop("", None)
    return next((found for marks in _PLATFORMS if (found := _found(marks, by_name))), None)


def _found(marks: _Marks, by_name: Mapping[str, Column]) -> Platform | None:
    roles = {
        role: by_name[name]
        for role, names in marks.roles.items()
        if (name := next((one for one in map(_fold, names) if one in by_name), None)) is not None
    }
    signs = len(marks.signs & by_name.keys())
    if not any(together <= roles.keys() and signs >= fewest for together, fewest in marks.needed):
        return None
    return Platform(
        name=marks.name,
        label=marks.label,
        columns=roles,
        options=_option_columns(marks, by_name),
        on_every_row=marks.on_every_row,
    )


def _option_columns(marks: _Marks, by_name: Mapping[str, Column]) -> tuple[tuple[Column, Column], ...]:
    pairs = []
    for forms in marks.options:
        for number in range(1, len(by_name) + 1):
            name, value = (by_name.get(_fold(form.replace("#", str(number)))) for form in forms)
            if name is None or value is None or (name, value) in pairs:
                break
            pairs.append((name, value))
    return tuple(pairs)
