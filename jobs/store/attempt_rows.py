"""The rows that the ledger writes, and the statements that take them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, null, update

from jobs.results import ItemState
from jobs.store.attempts import End, Finished, Start
from jobs.store.copy_table import pack_copy
from jobs.store.schema import PROGRESS_COLUMNS, TOKEN_COLUMNS, items, jobs

_RESULT = ("state", "copy", "notes", "finish", "tier", "lane", "price_ref")
_dump_usage = json.JSONEncoder(default=str).encode
_OF_TWIN = ("state", "copy", "notes")
_MORE_TOKENS = [f"more_{name}" for name in TOKEN_COLUMNS]
_tokens = attrgetter(*TOKEN_COLUMNS)
#: What a transaction adds to a job's row.
JOB_SUMS = ("spent_pico", "held_pico", *PROGRESS_COLUMNS, "tokens")

_TOTALS = {
    "attempts": items.c.attempts + 1,
    "seconds": items.c.seconds + bindparam("more_seconds"),
    "unpriced": items.c.unpriced + bindparam("more_unpriced"),
    "cost_pico": items.c.cost_pico + bindparam("more_cost"),
    **{name: items.c[name] + bindparam(f"more_{name}") for name in TOKEN_COLUMNS},
}
# A result ends a long wait.
_OUTCOME: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _RESULT} | {
    "due_at": null(),
    "met": null(),
    "draft": null(),
}
_ITEM = items.c.id == bindparam("the_item")

ADD_TO_ITEM = update(items).where(_ITEM).values(_TOTALS)
FINISH_ITEM = update(items).where(_ITEM).values(_OUTCOME)
ADD_AND_FINISH = update(items).where(_ITEM).values(_TOTALS | _OUTCOME)
FINISH_TWINS = (
    update(items)
    .where(items.c.twin_of == bindparam("their_item"))
    .values({name: bindparam(f"new_{name}") for name in _OF_TWIN})
)
ADD_TO_JOB = (
    update(jobs)
    .where(jobs.c.id == bindparam("the_job"))
    .values({name: jobs.c[name] + bindparam(f"more_{name}") for name in JOB_SUMS})
)


def start_row(start: Start, now: str) -> dict[str, Any]:
    """Give the row of an attempt that starts."""
    return {
        "attempt": start.attempt,
        "job_id": start.job_id,
        "item_id": start.item_id,
        "session": start.session,
        "at": now,
        "purpose": start.purpose,
        "model": start.model,
        "region": start.region,
        "lane": start.lane,
        "realm": start.realm,
        "reserved_pico": start.reserved_pico,
    }


def end_row(end: End, now: str) -> dict[str, Any]:
    """Give the row of an attempt's end."""
    return {
        "attempt": end.start.attempt,
        "at": now,
        "outcome": end.outcome,
        "error": end.error,
        "tier": end.tier,
        "cost_pico": end.cost_pico,
        "price_ref": end.price_ref,
        "usage": _dump_usage(end.raw_usage),
        "request_id": end.request_id,
        "finish": end.finish,
        "seconds": round(end.seconds, 3),
        **dict(zip(TOKEN_COLUMNS, _tokens(end.usage), strict=True)),
    }


def item_totals(end: End) -> dict[str, Any]:
    """Give what an attempt adds to its item."""
    return {
        "the_item": end.start.item_id,
        "more_seconds": round(end.seconds, 3),
        "more_unpriced": int(end.outcome == "ok" and end.cost_pico is None),
        "more_cost": end.cost_pico or 0,
        **dict(zip(_MORE_TOKENS, _tokens(end.usage), strict=True)),
    }


def finish_row(entry: Finished, packed: str) -> dict[str, Any]:
    """Give what an item's result sets; `packed` is its copy as JSON."""
    return {
        "the_item": entry.item_id,
        "new_state": entry.state,
        "new_copy": packed,
        "new_notes": entry.notes,
        "new_finish": entry.finish,
        "new_tier": entry.tier,
        "new_lane": entry.lane,
        "new_price_ref": entry.price_ref,
    }


def twin_row(entry: Finished) -> dict[str, Any]:
    """Give what an item's result sets in its twins."""
    state = ItemState.REUSED if entry.state is ItemState.DONE else entry.state
    return {
        "their_item": entry.item_id,
        "new_state": state,
        "new_copy": pack_copy(entry.copy),
        "new_notes": entry.notes,
    }


def copy_row(entry: Finished, packed: str, now: str) -> dict[str, Any]:
    """Give the row of copy that is kept for later jobs; `packed` is the copy as JSON."""
    return {**(entry.kept_as or {}), "copy": packed, "notes": entry.notes, "at": now}


def job_sums(job_id: str, sums: Mapping[str, int]) -> dict[str, Any]:
    """Give what a transaction adds to a job."""
    return {"the_job": job_id, **{f"more_{name}": count for name, count in sums.items()}}
