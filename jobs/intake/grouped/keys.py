"""The column whose value makes rows one product."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.intake.names import plain_name
from jobs.intake.told_columns import told_column
from jobs.sheet import Column, Row

#: Usual names of a key column, best first; a platform's own identity comes before a plain number.
KEY_NAMES = (
    "Handle",
    "URL handle",
    "SKU",
    "Item SKU",
    "Seller SKU",
    "Product SKU",
    "Variant SKU",
    "SKU Code",
    "Stock Keeping Unit",
    "CustomLabel",
    "Custom label (SKU)",
    "Internal Reference",
    "retailer_id",
    "商品管理番号（商品URL）",
    "商品管理番号",
    "商品番号",
    "商品コード",
    "商品编码",
    "货号",
    "상품코드",
    "Артикул",
    "Artikelnummer",
    "Artikel-Nr.",
    "Artikelnr",
    "Art.-Nr.",
    "Article Number",
    "Item Number",
    "Item No.",
    "Product Number",
    "Product Code",
    "Item Code",
    "Product ID",
    "Item ID",
    "Article ID",
    "Produkt-ID",
    "uniq_id",
    "ID",
    "Reference",
    "Ref.",
    "Référence produit",
    "Kod produktu",
    "Numer katalogowy",
    "Código",
    "Código de producto",
    "Código do produto",
    "Ürün kodu",
    "Stok kodu",
    "Код товара",
    "Referencia",
    "Codice articolo",
    "Codice",
    "ASIN",
    "GTIN",
    "EAN",
    "UPC",
    "Barcode",
)

#: What pasted keys carry at their ends: white space, NBSP, and what has no width.
_MARGIN = "\u0020\t\r\n\u00a0\u200b\u2060\ufeff\u3000\u2007\u202f"


def key_text(row: Row, column: Column | None) -> str:
    """Give a cell as keys are compared: as written, but for the white space around it; "" without a column."""
    return row.cells[column.index].strip(_MARGIN) if column and column.index < len(row.cells) else ""


def key_column(columns: Sequence[Column], key: str | None) -> Column | None:
    """Find the key column: as told, else by its usual names; None means that each row is a product.

    Raises: UserError (key) when the column told does not exist.
    """
    if key is not None:
        return told_column(columns, key, option="key", told=f'"{key}"')
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(plain_name(column.raw), column)
    return next((by_name[name] for name in map(plain_name, KEY_NAMES) if name in by_name), None)
