"""Exports of the platforms as their users have them, small: the tests of grouping and the journeys use them."""

from pathlib import Path

from jobs.intake.header import lay_out
from jobs.sheet import Row, SheetInfo


class Table:
    """A sheet in memory that counts how often it is read."""

    def __init__(self, *lines, header, name="p.csv"):
        self._rows = [Row(number, tuple(line)) for number, line in enumerate(lines, start=2) if any(line)]
        _, columns = lay_out([Row(1, tuple(header)), *self._rows], 1, name)
        self.info = SheetInfo(path=Path(name), format="csv", sheet="", header_row=1, columns=columns)
        self.reads = 0

    def rows(self):
        self.reads += 1
        yield from self._rows


def table(lines):
    header, *rows = lines
    return Table(*rows, header=header)


SHOPIFY = (
    ("Handle", "Title", "Body (HTML)", "Vendor", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    ("tee", "Linen tee", "<p>Light.</p>", "Acme", "Size", "S", "Color", "Red"),
    ("tee", "", "", "", "", "M", "", "Red"),
    ("tee", "", "", "", "", "S", "", "Blue"),
    ("mug", "Stone mug", "", "Acme", "Title", "Default Title", "", ""),
    ("mug", "", "", "", "", "", "", ""),
)
WOOCOMMERCE = (
    ("ID", "Type", "SKU", "Name", "Description", "Parent", "Regular price", "Attribute 1 name", "Attribute 1 value(s)"),
    ("11", "variation", "tee-s", "Linen tee - S", "", "tee", "9", "Size", "S"),
    ("12", "simple, virtual", "card", "Gift card", "For anyone.", "", "5", "", ""),
    ("10", "variable", "tee", "Linen tee", "Light.", "", "", "Size", "S, M"),
    ("21", "variation", "", "Pan - 20", "", "id:20", "30", "pa_size", "20 cm"),
    ("20", "variable", "", "Iron pan", "Heavy.", "", "", "pa_size", "20 cm, 28 cm"),
    ("30", "grouped", "set", "Kitchen set", "All.", "", "", "", ""),
    ("41", "variation", "lost-s", "Lost - S", "", "lost", "9", "Size", "S"),
    ("13", "variation", "tee-m", "Linen tee - M", "", "tee", "9", "Size", "M"),
)
MAGENTO = (
    (
        *("sku", "store_view_code", "attribute_set_code", "product_type", "name", "description"),
        *("additional_attributes", "configurable_variations"),
    ),
    ("HAT", "", "Top", "simple", "Felt hat", "A hat.", "color=Grey", ""),
    ("TEE-S", "", "Top", "simple", "Tee-S-Black", "", "color=Black,size=S,style=soft, warm", ""),
    ("TEE-M", "", "Top", "simple", "Tee-M-White", "", "color=White,size=M", ""),
    ("TEE", "", "Top", "configurable", "Linen tee", "", "", "sku=tee-s,size=S,color=Black| sku=TEE-M , size=M"),
    ("TEE", "de", "", "", "Leinenhemd", "Leicht.", "", ""),
    ("HAT", "de", "", "", "Filzhut", "Ein Hut.", "", ""),
)
MAGENTO_1 = (
    (
        *("sku", "_store", "_attribute_set", "_type", "name", "description", "_super_products_sku"),
        *("_super_attribute_code", "_super_attribute_option"),
    ),
    ("tee-s", "", "Default", "simple", "Tee S", "", "", "", ""),
    ("tee-m", "", "Default", "simple", "Tee M", "", "", "", ""),
    ("tee", "", "Default", "configurable", "Linen tee", "", "tee-s", "size", "S"),
    ("", "", "", "", "", "", "tee-m", "size", "M"),
    ("", "de", "", "", "Leinenhemd", "Leicht.", "", "", ""),
    ("mug", "", "Default", "simple", "Stone mug", "", "", "", ""),
)
GOOGLE = (
    ("id", "title", "description", "link", "item_group_id", "color", "size"),
    ("1", "Linen tee - Red - S", "Light.", "https://shop.test/1", "T1", "Red", "S"),
    ("2", "Linen tee - Red - M", "Light.", "https://shop.test/1", "T1", "Red", "M"),
    ("3", "Stone mug", "Solid.", "https://shop.test/3", "", "Grey", ""),
    ("4", "Linen tee - Blue - S", "Light.", "https://shop.test/1", "T1", "Blue", "S"),
)
AMAZON = (
    ("item_sku", "item_name", "parent_child", "parent_sku", "relationship_type", "color_name", "size_name"),
    ("tee-s", "Linen tee, Red, S", "Child", "tee", "Variation", "Red", "S"),
    ("tee", "Linen tee", "Parent", "", "", "", ""),
    ("mug", "Stone mug", "", "", "", "Grey", ""),
    ("tee-m", "Linen tee, Red, M", "Child", "tee", "Variation", "Red", "M"),
)
EXPORTS = {"shopify": SHOPIFY, "woocommerce": WOOCOMMERCE, "magento": MAGENTO, "google": GOOGLE, "amazon": AMAZON}
