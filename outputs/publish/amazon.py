"""The flat file that updates Amazon listings in part.

Source: sellercentral.amazon help G201576660 (an inventory file may hold only the SKUs to change) and the inventory
templates: three rows above the data, of which the first names the template with its version and signature, the second
holds the labels of the marketplace's language and the third the attributes; `update_delete` takes `PartialUpdate`,
which leaves what is empty as it is. Text has no HTML but line breaks (200390640).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jobs.intake.grouped.platforms import usual_names
from jobs.sheet import Column
from outputs.publish.layout import Headers, Pieces, Target, TargetColumn

_BULLETS = 5
_TEMPLATE_ROW = "TemplateType="
_LABELS = {
    "feed_product_type": "Product Type",
    "item_sku": "Seller SKU",
    "update_delete": "Update Delete",
    "item_name": "Product Name",
    "product_description": "Product Description",
    "generic_keywords": "Search Terms",
} | {f"bullet_point{number}": "Key Product Features" for number in range(1, _BULLETS + 1)}


def _bullet(part: int, pieces: Pieces) -> str:
    texts = pieces["bullets"].texts
    return texts[part] if part < len(texts) else ""


def _with_break_tags(text: str) -> str:
    return _one_line("<br>".join(text.splitlines()))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lay_out(headers: Headers) -> tuple[TargetColumn, ...]:
    product_type = TargetColumn(header="feed_product_type", source=("feed_product_type", "Product Type"))
    return (
        *([product_type] if headers.find(*product_type.source) else []),
        TargetColumn(header="item_sku", source=usual_names("amazon", "key"), is_key=True),
        TargetColumn(header="update_delete", fixed="PartialUpdate"),
        TargetColumn(header="item_name", role="title", limit="amazon-title", encode=_one_line),
        TargetColumn(
            header="product_description", role="description", limit="amazon-description", encode=_with_break_tags
        ),
        *(
            TargetColumn(
                header=f"bullet_point{part + 1}",
                role="bullets",
                limit="amazon-bullet",
                compose=partial(_bullet, part),
                encode=_one_line,
            )
            for part in range(_BULLETS)
        ),
        TargetColumn(header="generic_keywords", role="keywords", limit="amazon-keywords", encode=_one_line),
    )


def _head(columns: Sequence[TargetColumn], headers: Headers, above: Sequence[Sequence[str]]) -> list[list[str]]:
    """Give the three rows; the first two as the source has them when it is Amazon's own template."""
    names = [column.header for column in columns]
    if not (above and above[0] and above[0][0].startswith(_TEMPLATE_ROW)):
        return [[f"{_TEMPLATE_ROW}fptcustom"], [_LABELS[name] for name in names], names]
    own = above[1] if len(above) > 1 else ()
    return [
        [cell for cell in above[0] if "=" in cell],
        [_label(headers.find(name), own) or _LABELS[name] for name in names],
        names,
    ]


def _label(column: Column | None, labels: Sequence[str]) -> str:
    return labels[column.index] if column and column.index < len(labels) else ""


AMAZON = Target(
    name="amazon",
    label="Amazon",
    extension=".txt",
    delimiter="\t",
    lay_out=_lay_out,
    blank_erases=False,
    lead_row_only=False,
    advice=(
        "In Seller Central, upload it under Add Products via Upload; a category's template may need further columns: "
        "then paste the rows below the header into it. An empty cell leaves what Amazon has."
    ),
    head=_head,
    reads_above=True,
)
