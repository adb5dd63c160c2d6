"""The file that updates Shopify products.

Source: help.shopify.com "Using CSV files to import and export products", read 2026-11 in stored copies: an update needs
`Handle` and `Title` only; a column that is left out stays as it is in the shop, one that is there and empty is emptied;
columns of variants (SKU, weight) depend on `Option1 name` and `Option1 value`, so none of them is written. Since 2025
exports say `URL handle`, `Description`, `Product image URL`; the file keeps to the names of the source. An alternative
text stands in the row of its picture's address. What an import does with pictures that have no row in it was not found
in the documentation.
"""

from __future__ import annotations

from outputs.publish.layout import Headers, Target, TargetColumn, header_only
from outputs.publish.page_html import description_html

_IMAGE_URLS = ("Image Src", "Product image URL")


def _lay_out(headers: Headers) -> tuple[TargetColumn, ...]:
    is_new = headers.find("Handle") is None and headers.find("URL handle") is not None
    names = (
        ("URL handle", "Description", "SEO title", "SEO description", "Product image URL", "Image alt text")
        if is_new
        else ("Handle", "Body (HTML)", "SEO Title", "SEO Description", "Image Src", "Image Alt Text")
    )
    handle, body, seo_title, seo_description, image, alt_text = names
    columns = [
        TargetColumn(header=handle, source=(handle,), is_key=True),
        TargetColumn(header="Title", role="title", source=("Title",), is_needed=True, limit="shopify-title"),
        TargetColumn(
            header=body,
            role="description",
            also="bullets",
            source=(body,),
            limit="shopify-description",
            compose=description_html,
        ),
        TargetColumn(header=seo_title, role="seo_title", source=(seo_title,), limit="shopify-seo-title"),
        TargetColumn(
            header=seo_description, role="seo_description", source=(seo_description,), limit="shopify-seo-description"
        ),
    ]
    if headers.find(*_IMAGE_URLS):
        columns += [
            TargetColumn(header=image, source=_IMAGE_URLS, comes_with=("alt_text",)),
            TargetColumn(header=alt_text, role="alt_text", beside=image, source=(alt_text,), limit="shopify-alt-text"),
        ]
    return tuple(columns)


SHOPIFY = Target(
    name="shopify",
    label="Shopify",
    extension=".csv",
    delimiter=",",
    lay_out=_lay_out,
    blank_erases=True,
    lead_row_only=True,
    advice='In Shopify, import it under Products with "Overwrite products with matching handles".',
    head=header_only,
)
