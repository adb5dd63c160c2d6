"""Fields of an XML feed as Google's tab-separated form writes them.

Source: Google Merchant Center, "Submit attributes and attribute values" (support.google.com/merchants/answer/10668075:
parts are parted by colons, and the header names them in brackets), "Quoted attributes" (…/answer/14998273: values of a
repeated attribute are parted by commas, those that have a comma themselves stand in quotation marks).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Parts in the order that they have when the header does not name them. Source: "Shipping" (…/answer/6324484), whose
#: older form is `country:region:service:price`, "Product detail" (…/answer/9218260) and "Structured
#: title" (…/answer/6324468).
KNOWN_ORDERS = {
    "shipping": ("country", "region", "service", "price"),
    "product_detail": ("section_name", "attribute_name", "attribute_value"),
    "structured_title": ("digital_source_type", "content"),
    "structured_description": ("digital_source_type", "content"),
}

_MARKS = re.compile('[",:]')
_LIST_MARKS = re.compile('[",]')


def header_and_order(name: str, parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Give a field's column name and the order of its parts, none for a field without."""
    if not parts:
        return name, ()
    known = KNOWN_ORDERS.get(name, ())
    return (name, known) if set(parts) <= set(known) else (f"{name}({':'.join(parts)})", tuple(parts))


def cell_text(values: Sequence[str | dict[str, str]], order: Sequence[str]) -> str:
    """Write a field's values into one cell."""
    if len(values) == 1:
        return _written(values[0], order)
    return ",".join(_quoted(each, _LIST_MARKS) if isinstance(each, str) else _written(each, order) for each in values)


def _written(value: str | dict[str, str], order: Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    return ":".join(_quoted(value.get(part, ""), _MARKS) for part in order)


def _quoted(text: str, marks: re.Pattern[str]) -> str:
    return '"' + text.replace('"', '""') + '"' if marks.search(text) else text
