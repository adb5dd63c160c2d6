"""Templates, sheets and results as the tests of write-back and report need them."""

from decimal import Decimal
from pathlib import Path

from jobs.results import AttemptLine, ItemResult, ItemState, Summary
from jobs.sheet import Column, SheetInfo
from jobs.store.schema import TOKEN_COLUMNS
from jobs.usage import TokenUsage
from templates.fields import Field, Template


def field(name, title, count=1):
    return Field(name=name, title=title, brief="Write it.", count=count)


def template(name="seo-meta", title="SEO meta", fields=None, version=1):
    return Template(
        name=name,
        version=version,
        title=title,
        description="",
        variables=(),
        fields=fields or (field("title", "SEO title"), field("meta", "Meta description")),
        parameters={},
        sources={},
        digest="",
    )


ADS = template("ads", "Ads", (field("headlines", "Headline", 3), field("path", "Path")))
SEO = template()


def info(*headers, path="products.xlsx", format_="xlsx", header_row=1, sheet="Products", **more):
    columns = tuple(
        Column(index=index, header=header or f"Column {index}", raw=header) for index, header in enumerate(headers)
    )
    return SheetInfo(path=Path(path), format=format_, sheet=sheet, header_row=header_row, columns=columns, **more)


def result(row=2, **changes):
    values = {
        "row": row,
        "copy_rows": (row,),
        "key": f"SKU{row:03}",
        "template": "seo-meta@1",
        "locale": "",
        "state": ItemState.DONE,
        "copy": {"title": f"Title {row}", "meta": f"Meta {row}"},
        "model": "nova-lite",
        "lane": "on-demand",
        "tier": "default",
        "usage": TokenUsage(input_tokens=100, output_tokens=20),
        "cost_usd": Decimal("0.000012"),
        "price_ref": "nova-lite/us-east-1",
        "attempts": 1,
        "seconds": 1.5,
        "finish": "end_turn",
        "notes": "",
        "fingerprint": f"{row:016x}",
    }
    return ItemResult(**(values | changes))


def attempt(row=2, **changes):
    values = {
        "attempt": f"a{row}",
        "row": row,
        "key": f"SKU{row:03}",
        "template": "seo-meta@1",
        "locale": "",
        "started_at": "2026-11-22T10:00:00Z",
        "ended_at": "2026-11-22T10:00:01Z",
        "model": "nova-lite",
        "region": "us-east-1",
        "lane": "on-demand",
        "tier": "default",
        "realm": "aws",
        "outcome": "ok",
        "error": "",
        "usage": TokenUsage(input_tokens=100, output_tokens=20),
        "cost_usd": Decimal("0.000012"),
        "reserved_usd": Decimal("0.0001"),
        "price_ref": "nova-lite/us-east-1",
        "request_id": f"r{row}",
        "seconds": 1.0,
    }
    return AttemptLine(**(values | changes))


def summary(items, **changes):
    costs = [item.cost_usd for item in items if item.cost_usd is not None]
    counts = {state.value: sum(item.state is state for item in items) for state in ItemState}
    values = {
        "job": "job-1",
        "state": "done",
        "stop_reason": None,
        "source": "products.xlsx",
        "items": {"total": len(items), **counts},
        "usage": TokenUsage(**{name: sum(getattr(item.usage, name) for item in items) for name in TOKEN_COLUMNS}),
        "cost_usd": sum(costs, Decimal(0)) if costs else None,
        "unpriced_items": len(items) - len(costs),
        "unconfirmed_attempts": 0,
        "unconfirmed_usd": Decimal(0),
        "estimate_usd": Decimal("0.5"),
        "lanes": {"on-demand": len(items)},
        "requests": len(items),
        "throttled": 0,
        "seconds": 3.25,
        "simulated": False,
    }
    return Summary(**(values | changes))
