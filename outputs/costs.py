"""What `skuscribe costs` prints: rows of money by the asked dimensions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.money import plain
from outputs.cell_text import cleaned, cut, inert
from templates.errors import UserError, nearest

#: A row: the dimensions first, then `FIGURES`.
CostRow = Mapping[str, str | int | Decimal | None]

#: The keys that are no dimension.
FIGURES = (
    "items",
    "attempts",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_usd",
    "unpriced_items",
)
#: Places after the point of an amount; the store keeps 10⁻¹² USD.
_PLACES = Decimal(1).scaleb(-12)
_NOT_DETERMINED = "unpriced"


def costs_json(rows: Sequence[CostRow], total: CostRow, realm: str) -> dict[str, Any]:
    """Give the object of `costs --json`; amounts are decimal strings, null when nothing could be priced."""
    return {"rows": [_jsonable(row) for row in rows], "total": _jsonable(total), "realm": realm}


def render_costs(rows: Sequence[CostRow], total: CostRow, realm: str, *, format_name: str, note: str = "") -> bytes:
    """Render rows in one of `COST_FORMATS`; those that are for people end with the note.

    Raises:
        UserError: an unknown format, or parquet without its extra (code "format").
    """
    render = _RENDERERS.get(format_name)
    if render is None:
        raise UserError(
            f'There is no format "{format_name}".{nearest(format_name, _RENDERERS)}',
            fix=f"Give --format one of {', '.join(_RENDERERS)}.",
            code="format",
        )
    rendered = render(rows, total, realm)
    return rendered + f"{note}\n".encode() if note and format_name == "table" else rendered


def _jsonable(row: CostRow) -> dict[str, Any]:
    return {key: plain(value) if isinstance(value, Decimal) else value for key, value in row.items()}


def _json(rows: Sequence[CostRow], total: CostRow, realm: str) -> bytes:
    return (json.dumps(costs_json(rows, total, realm), ensure_ascii=False) + "\n").encode()


def _table(rows: Sequence[CostRow], total: CostRow, realm: str) -> bytes:
    """Lay rows out for a terminal: text left, numbers right, the total below a line."""
    header = _columns(rows, total)
    if rows:
        first = next((key for key in header if key not in FIGURES), None)
        body = [[_shown(key, row.get(key)) for key in header] for row in rows]
        body.append([_shown(key, "total" if key == first else total.get(key, "")) for key in header])
    else:
        body = [[_shown(key, total.get(key, "")) for key in header]]
    widths = [max(map(len, cells)) for cells in zip(header, *body, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    lines = [_line(header, header, widths), rule, *(_line(header, cells, widths) for cells in body)]
    lines.insert(len(lines) - 1, rule)
    told = f"Realm: {realm}." + (" Simulated: no money was spent." if realm == "simulated" else "")
    return "\n".join([*(line.rstrip() for line in lines), told, ""]).encode()


def _line(header: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        cell.rjust(width) if key in FIGURES else cell.ljust(width)
        for key, cell, width in zip(header, cells, widths, strict=True)
    )


def _shown(key: str, value: str | int | Decimal | None) -> str:
    if value is None:
        return _NOT_DETERMINED if key == "cost_usd" else ""
    if isinstance(value, Decimal):
        return plain(value)
    return f"{value:,}" if isinstance(value, int) else " ".join(value.split())


def _csv(rows: Sequence[CostRow], total: CostRow, realm: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = _with_realm(_columns(rows, total))
    writer.writerow(header)
    for row in rows:
        writer.writerow(_csv_cell(_told(row, key, realm)) for key in header)
    return text.getvalue().encode()


def _csv_cell(value: str | int | Decimal | None) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return inert(value) if isinstance(value, str) else "" if value is None else str(value)


def _parquet(rows: Sequence[CostRow], total: CostRow, realm: str) -> bytes:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    except ImportError as problem:
        raise UserError(
            "Parquet needs pyarrow, which is not installed.",
            fix="Run `pip install 'skuscribe[parquet]'`, or give --format csv.",
            code="format",
        ) from problem
    import pandas as pd  # noqa: PLC0415 - a second of start-up that only this command should pay

    header = _with_realm(_columns(rows, total))
    types = {key: pa.int64() for key in FIGURES} | {"cost_usd": pa.decimal128(38, 12)}
    schema = pa.schema([(key, types.get(key, pa.string())) for key in header])
    cells = [{key: _stored(_told(row, key, realm)) for key in header} for row in rows]
    file = io.BytesIO()
    pd.DataFrame(cells, columns=header, dtype=object).to_parquet(file, engine="pyarrow", index=False, schema=schema)
    return file.getvalue()


def _stored(value: str | int | Decimal | None) -> str | int | Decimal | None:
    return value.quantize(_PLACES) if isinstance(value, Decimal) else value


def _xlsx(rows: Sequence[CostRow], total: CostRow, realm: str) -> bytes:
    import pandas as pd  # noqa: PLC0415 - a second of start-up that only this command should pay

    header = _with_realm(_columns(rows, total))
    table = [[_sheet_cell(_told(row, key, realm)) for key in header] for row in rows]
    file = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        pd.DataFrame(table, columns=header).to_excel(book, sheet_name="Costs", index=False)
        sheet = book.sheets["Costs"]
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(header) - 1)
        sheet.set_column(0, len(header) - 1, 20)
    return file.getvalue()


def _sheet_cell(value: str | int | Decimal | None) -> str | int | float | None:
    if isinstance(value, Decimal):
        return float(value)
    return cut(cleaned(value)) if isinstance(value, str) else value


def _columns(rows: Sequence[CostRow], total: CostRow) -> list[str]:
    keys = rows[0] if rows else total
    return [*(key for key in keys if key not in FIGURES), *FIGURES]


def _with_realm(header: list[str]) -> list[str]:
    return header if "realm" in header else [*header, "realm"]


def _told(row: CostRow, key: str, realm: str) -> str | int | Decimal | None:
    """Give a cell of a row; its realm is its own where rows are told apart by it."""
    return row.get(key, realm) if key == "realm" else row.get(key)


_Render = Callable[[Sequence[CostRow], CostRow, str], bytes]
_RENDERERS: dict[str, _Render] = {"table": _table, "csv": _csv, "json": _json, "parquet": _parquet, "xlsx": _xlsx}
COST_FORMATS = tuple(_RENDERERS)
