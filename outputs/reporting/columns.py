"""The columns of the report's sheets, and what they say of an item or an attempt."""

from __future__ import annotations

from decimal import Context, Decimal

from jobs.money import plain
from jobs.results import AttemptLine, ItemResult, ItemState
from jobs.store.shard_table import ShardRecord
from outputs.rows import UNPRICED

#: What a cell of the report holds; None and "" leave it out.
ReportValue = str | int | float | Decimal | None

#: A number of a workbook keeps this many digits.
CELL_DIGITS = 15
_CELL = Context(prec=CELL_DIGITS)

ITEM_COLUMNS = (
    "row",
    "key",
    "template",
    "locale",
    "state",
    "model",
    "lane",
    "tier",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_usd",
    "price_ref",
    "attempts",
    "seconds",
    "finish",
    "notes",
    "fingerprint",
)
ATTEMPT_COLUMNS = (
    "attempt",
    "row",
    "key",
    "template",
    "locale",
    "started_at",
    "ended_at",
    "model",
    "region",
    "lane",
    "tier",
    "realm",
    "outcome",
    "error",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_usd",
    "reserved_usd",
    "price_ref",
    "request_id",
    "seconds",
)
#: Batch-inference jobs, with their tokens by the records and by Bedrock's manifest, which the bill goes by.
BATCH_COLUMNS = (
    "shard",
    "round",
    "model",
    "state",
    "status",
    "records",
    "replied",
    "errors",
    "missing",
    "input_tokens",
    "output_tokens",
    "manifest_input_tokens",
    "manifest_output_tokens",
    "more_input_tokens",
    "more_output_tokens",
    "submitted_at",
    "ended_at",
    "message",
    "arn",
)
FLAGGED_COLUMNS = ("row", "key", "template", "locale", "state", "notes", "copy")

#: States that somebody has to look at.
TO_LOOK_AT = {ItemState.FLAGGED, ItemState.FAILED}


def cell_amount(usd: Decimal) -> Decimal:
    """Give an amount as a cell holds it: at most 15 significant digits, so that its shortest decimal is the amount.

    Costs have 12 places, so every amount below 1,000 USD stands exactly; a greater one is rounded.
    """
    return _CELL.plus(usd)


def item_values(item: ItemResult) -> tuple[ReportValue, ...]:
    """Give the cells of `ITEM_COLUMNS`."""
    usage, cost = item.usage, item.cost_usd
    return (
        item.row,
        item.key,
        item.template,
        item.locale,
        item.state.value,
        item.model,
        item.lane,
        item.tier,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        None if cost is None else cell_amount(cost),
        item.price_ref,
        item.attempts,
        round(item.seconds, 3),
        item.finish,
        _notes(item),
        item.fingerprint,
    )


def attempt_values(line: AttemptLine) -> tuple[ReportValue, ...]:
    """Give the cells of `ATTEMPT_COLUMNS`."""
    usage, cost, reserved = line.usage, line.cost_usd, line.reserved_usd
    return (
        line.attempt,
        line.row,
        line.key,
        line.template,
        line.locale,
        line.started_at,
        line.ended_at,
        line.model,
        line.region,
        line.lane,
        line.tier,
        line.realm,
        line.outcome,
        line.error,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        None if cost is None else cell_amount(cost),
        None if reserved is None else cell_amount(reserved),
        line.price_ref,
        line.request_id,
        round(line.seconds, 3),
    )


def batch_values(shard: ShardRecord) -> tuple[ReportValue, ...]:
    """Give the cells of `BATCH_COLUMNS`; what the manifest has more than the records is empty where they agree."""
    more_input, more_output = shard.token_difference or (None, None)
    return (
        shard.name,
        shard.round,
        shard.model,
        shard.state.value,
        shard.status,
        shard.records,
        shard.replied,
        shard.errors,
        shard.missing,
        shard.input_tokens,
        shard.output_tokens,
        shard.manifest_input_tokens,
        shard.manifest_output_tokens,
        more_input,
        more_output,
        shard.submitted_at,
        shard.ended_at,
        shard.message,
        shard.arn,
    )


def flagged_values(item: ItemResult) -> tuple[ReportValue, ...]:
    """Give the cells of `FLAGGED_COLUMNS`, the copy in one of them."""
    texts = ((name, (value,) if isinstance(value, str) else value) for name, value in item.copy.items())
    copy = "\n".join(f"{name}: {text}" for name, each in texts for text in each)
    return (item.row, item.key, item.template, item.locale, item.state.value, item.notes, copy)


def _notes(item: ItemResult) -> str:
    cost = item.cost_usd
    if cost is None:
        return f"{item.notes}; {UNPRICED}" if item.notes else UNPRICED
    if cell_amount(cost) != cost:
        return f"{item.notes}; cost exactly {plain(cost)} USD".removeprefix("; ")
    return item.notes
