"""A store with a job and items in it, as tests of the store and of the engine need them."""

from datetime import UTC, datetime

from jobs.lifecycle import JobState
from jobs.results import ItemState
from jobs.sheet import Product
from jobs.store.database import open_database
from jobs.store.item_table import PlannedItem
from jobs.store.job_table import JobRecord
from jobs.store.ledger import End, Finished, Start
from jobs.store.store import store_on
from jobs.usage import TokenUsage

JOB = "j261122-abc123"
MODEL = "amazon.nova-lite-v1:0"


def now():
    return datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def opened(folder):
    return store_on(open_database(f"sqlite:///{folder}/store.db"))


def job_record(job_id=JOB, **values):
    given = {
        "id": job_id,
        "kind": "run",
        "state": JobState.PLANNED,
        "stop_reason": None,
        "planned": True,
        "created_at": "2026-11-22T12:00:00.000Z",
        "began_at": None,
        "ended_at": None,
        "seconds": 0.0,
        "owner": "ana",
        "catalogue": "spring",
        "realm": "aws",
        "source": "spring.csv",
        "source_digest": "d" * 64,
        "spec": "{}",
        "templates": "[]",
        "cap_pico": None,
        "spent_pico": 0,
        "held_pico": 0,
        "estimate_pico": None,
        "workbook": None,
        "report": None,
        "message": "",
    }
    return JobRecord(**(given | values))


def with_items(store, count, *, template="test@1", twins=0, job_id=JOB, values=None, **job_values):
    """Keep a job with so many items, then `twins` more that share the first one's fingerprint; give the items' ids."""
    store.jobs.add(job_record(job_id, **job_values))
    given = values or (lambda at: {"title": f"Product {at}"})
    store.items.add_products(
        job_id, [Product(key=f"K{at}", rows=(at + 2,), values=given(at)) for at in range(count + twins)]
    )
    [page] = list(store.items.product_pages(job_id, count + twins + 1))

    def item(at, product_id, product, twin_of=None):
        return PlannedItem(
            product_id=product_id,
            row=product.rows[0],
            place=product.place,
            template=template,
            locale="",
            model=MODEL,
            fingerprint="f0" if twin_of else f"f{at}",
            state=ItemState.PENDING,
            twin_of=twin_of,
            prompt_tokens=100,
        )

    store.items.add_items(job_id, [item(at, *page[at]) for at in range(count)])
    ids = [one.id for one in store.items.open_page(job_id, 0, count)]
    store.items.add_items(job_id, [item(at, *page[at], twin_of=ids[0]) for at in range(count, count + twins)])
    return ids


def start(attempt, item_id, *, reserved=1000, job_id=JOB, session="s1", **values):
    given = {
        "attempt": attempt,
        "job_id": job_id,
        "item_id": item_id,
        "session": session,
        "purpose": "write",
        "model": MODEL,
        "region": "us-east-1",
        "lane": "on-demand",
        "realm": "aws",
        "reserved_pico": reserved,
    }
    return Start(**(given | values))


def ok_end(started, *, cost=400, finished=None, **values):
    given = {
        "start": started,
        "outcome": "ok",
        "tier": "default",
        "usage": TokenUsage(input_tokens=10, output_tokens=5),
        "cost_pico": cost,
        "price_ref": "test",
        "finish": "end_turn",
        "seconds": 0.5,
        "finished": finished,
    }
    return End(**(given | values))


def done(item_id, *, text="A text", state=ItemState.DONE, kept=False, **values):
    place = {
        "realm": "aws",
        "fingerprint": "f0",
        "catalogue": "spring",
        "key": "K0",
        "template": "test",
        "locale": "",
        "state": "draft",
        "model": MODEL,
        "job_id": JOB,
    }
    given = {"item_id": item_id, "state": state, "copy": {"text": text}, "notes": "", "lane": "on-demand"}
    return Finished(**(given | {"kept_as": place if kept else None} | values))
