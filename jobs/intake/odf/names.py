"""The names of OpenDocument's elements and attributes, as lxml gives them."""

from __future__ import annotations

TABLE_URI = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
OFFICE_URI = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT_URI = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
STYLE_URI = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
FO_URI = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
CALCEXT_URI = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
LOEXT_URI = "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"
NUMBER_URI = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
MANIFEST_URI = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

TABLE, OFFICE, TEXT, STYLE, CALCEXT, LOEXT, NUMBER, MANIFEST = (
    f"{{{uri}}}"
    for uri in (TABLE_URI, OFFICE_URI, TEXT_URI, STYLE_URI, CALCEXT_URI, LOEXT_URI, NUMBER_URI, MANIFEST_URI)
)
