r"""The file that updates WooCommerce products.

Source: woocommerce/woocommerce wiki "Product CSV Importer & Exporter" (products are found by ID or SKU; a column that
is left out stays) and class-wc-product-csv-importer.php `parse_description_field`: a line break is written as the two
characters `\n`, as the shop's own exporter does, and `\n` that is text as `\\n`. `Meta: KEY` columns fill the fields of
the SEO plugins.
"""

from __future__ import annotations

from jobs.intake.grouped.platforms import usual_names
from outputs.publish.layout import Headers, Pieces, Target, TargetColumn, header_only
from outputs.publish.page_html import description_html, page_html

#: Exports are in the shop's language; the importer takes English headers in any.
_SKU = usual_names("woocommerce", "key")
_YOAST = ("Meta: _yoast_wpseo_title", "Meta: _yoast_wpseo_metadesc")
_RANK_MATH = ("Meta: rank_math_title", "Meta: rank_math_description")


def _short_html(pieces: Pieces) -> str:
    piece = pieces["short_description"]
    return piece.text if piece.is_html else page_html(piece.text)


def _line_breaks_spelt(text: str) -> str:
    return text.replace("\\n", "\\\\n").replace("\r\n", "\n").replace("\n", "\\n")


def _lay_out(headers: Headers) -> tuple[TargetColumn, ...]:
    seo_title, seo_description = _RANK_MATH if headers.find(*_RANK_MATH) else _YOAST
    keys = [
        TargetColumn(header=names[0], source=names, is_key=True) for names in (("ID",), _SKU) if headers.find(*names)
    ]
    return (
        *(keys or [TargetColumn(header="SKU", source=("SKU", "ID"), is_key=True)]),
        TargetColumn(header="Name", role="title", source=("Name",)),
        TargetColumn(
            header="Short description",
            role="short_description",
            source=("Short description", "Kurzbeschreibung", "Description courte", "Descripción corta"),
            limit="woocommerce-description",
            compose=_short_html,
            encode=_line_breaks_spelt,
        ),
        TargetColumn(
            header="Description",
            role="description",
            also="bullets",
            source=("Description", "Beschreibung", "Descripción", "Descrizione", "Beschrijving"),
            limit="woocommerce-description",
            compose=description_html,
            encode=_line_breaks_spelt,
        ),
        TargetColumn(header=seo_title, role="seo_title", source=(seo_title,)),
        TargetColumn(header=seo_description, role="seo_description", source=(seo_description,)),
    )


WOOCOMMERCE = Target(
    name="woocommerce",
    label="WooCommerce",
    extension=".csv",
    delimiter=",",
    lay_out=_lay_out,
    blank_erases=True,
    lead_row_only=False,
    advice='In WooCommerce, import it under Products with "Update existing products".',
    head=header_only,
)
