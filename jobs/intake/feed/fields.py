"""The fields of a feed's item."""

from __future__ import annotations

import re
from typing import TypeAlias

from lxml import etree

from jobs.intake.feed.kinds import ATOM
from jobs.intake.feed.notation import KNOWN_ORDERS

#: Google's own fields, and those that a merchant makes up.
#: Source: Google Merchant Center, "RSS 2.0 specification", support.google.com/merchants/answer/14987622.
_GOOGLE = {"http://base.google.com/ns/1.0", "https://base.google.com/ns/1.0", "http://base.google.com/cns/1.0"}
_PLAIN = {"", ATOM}
#: A feed without Google's namespace has one of these when it is about products.
_PRODUCT_FIELDS = {"price", "image_link", "item_group_id", "gtin"}
_DECLARATION = re.compile(r'\sxmlns(:[\w.-]+)?="[^"]*"')

#: A field's text, or the texts of its parts by name.
Value: TypeAlias = "str | dict[str, str]"


class FieldReader:
    """Reads items; remembers how elements are called, and whether any was a product's."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, bool]] = {}
        self.has_products = False

    def fields(self, item: etree._Element) -> dict[str, list[Value]]:
        """Give the values of each field in the order of the item; a field that is empty has none.

        Where a field stands twice, as the feed's own (`title`) and as Google's (`g:title`), Google's is taken.
        """
        own: dict[str, list[Value]] = {}
        google: dict[str, list[Value]] = {}
        found: dict[str, list[Value]] = {}
        for element in item:
            name, is_google = self._name(element)
            values = (google if is_google else own).setdefault(name, [])
            found.setdefault(name, values)
            value = self._value(name, element)
            if value:
                values.append(value)
        return {name: google.get(name) or own.get(name, []) for name in found}

    def _name(self, element: etree._Element) -> tuple[str, bool]:
        tag = str(element.tag)
        known = self._names.get(tag)
        if known is None:
            namespace, _, local = tag.rpartition("}")
            namespace = namespace.removeprefix("{").rstrip("/")
            is_google = namespace in _GOOGLE
            name = local if is_google or namespace in _PLAIN else f"{element.prefix or namespace}:{local}"
            known = self._names[tag] = (name, is_google)
            self.has_products = self.has_products or is_google or name in _PRODUCT_FIELDS
        return known

    def _value(self, name: str, element: etree._Element) -> Value:
        if len(element) == 0:
            return (element.text or "").strip() or element.get("href", "").strip()
        if name in KNOWN_ORDERS or all(self._name(part)[1] for part in element):
            return {self._name(part)[0]: "".join(map(str, part.itertext())).strip() for part in element}
        return _markup(element)


def _markup(element: etree._Element) -> str:
    """Give HTML that stands in a field unquoted, as it stands."""
    parts = (etree.tostring(part, encoding="unicode") for part in element)
    return _DECLARATION.sub("", (element.text or "") + "".join(parts)).strip()
