from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, bindparam, delete, func, select, update

from jobs.clock import stamp
from jobs.money import from_pico
from jobs.results import ItemResult, ItemState
from jobs.sheet import Product, Standing
from jobs.store.copy_table import Slot, unpack_copy
from jobs.store.many_rows import add_rows
from jobs.store.schema import IS_OPEN, items, jobs, products, tallies
from jobs.usage import TokenUsage

_PAGE = 1000
#: Products that are planned at a time.
_PLANNED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item that waits to be written, with its product's values."""

    id: int
    row: int
    key: str
    template: str
    locale: str
    model: str
    fingerprint: str
    values: dict[str, str]
    #: What it has met so far, where it was put off or comes again after a batch: class -> times.
    met: Mapping[str, int] = field(default_factory=dict)
    #: An answer of its that broke its contract and is to be repaired.
    draft: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem:
    """An item as planning made it."""

    product_id: int
    #: Its product's lead row, and the first row that takes its copy.
    row: int
    place: int
    template: str
    locale: str
    model: str
    fingerprint: str
    state: ItemState
    twin_of: int | None = None
    prompt_tokens: int = 0
    copy: str | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class LastItem:
    """The newest item of a slot."""

    state: ItemState
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WaitingItems:
    """Items that are to be written, summed up for an estimate."""

    template: str
    locale: str
    model: str
    items: int
    prompt_tokens: int


_OPEN_BETWEEN = (
    select(items, products.c.key, products.c["values"])
    .join(products, products.c.id == items.c.product_id)
    .where(items.c.job_id == bindparam("job_id"), items.c.id.between(bindparam("first"), bindparam("last")), IS_OPEN)
    .where(items.c.due_at.is_(None) | (items.c.due_at <= bindparam("now")))
    .order_by(items.c.id)
)
# By the primary key: the index of a job's keys would have all of its products sorted anew for each page.
_PRODUCTS_AFTER = (
    select(products)
    .where(products.c.id > bindparam("after"), products.c.id <= bindparam("last"))
    .where(products.c.job_id.concat("") == bindparam("job_id"))
    .order_by(products.c.id)
    .limit(bindparam("most"))
)


class ItemTable:
    """The products and items of a job."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def products_by_key(self, job_id: str, keys: Sequence[str]) -> dict[str, tuple[int, Product]]:
        """Give the products of these keys that the job has already, with their ids."""
        query = select(products).where(products.c.job_id == job_id, products.c.key.in_(keys))
        with self._engine.connect() as connection:
            found = connection.execute(query).mappings()
            return {row["key"]: (row["id"], _product(row)) for row in found}

    def add_products(self, job_id: str, page: Sequence[Product]) -> None:
        """Keep new products of a job."""
        rows = [_product_row(product) | {"job_id": job_id} for product in page]
        if rows:
            with self._engine.execution_options(writes=True).begin() as connection:
                add_rows(connection, products, rows)

    def replace_products(self, grown: Mapping[int, Product]) -> None:
        """Keep products that got more rows, by their ids."""
        rows = [_product_row(product) | {"of": product_id} for product_id, product in grown.items()]
        if rows:
            changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "of"}
            query = update(products).where(products.c.id == bindparam("of")).values(**changed)
            with self._engine.execution_options(writes=True).begin() as connection:
                connection.execute(query, rows)

    def product_pages(self, job_id: str, size: int = _PLANNED) -> Iterator[list[tuple[int, Product]]]:
        """Stream the job's products in the order of the sheet."""
        ids = select(func.min(products.c.id), func.max(products.c.id)).where(products.c.job_id == job_id)
        with self._engine.connect() as connection:
            first, last = connection.execute(ids).one()
        after = (first or 1) - 1
        while after < (last or 0):
            among = {"job_id": job_id, "after": after, "last": last, "most": size}
            with self._engine.connect() as connection:
                found = connection.execute(_PRODUCTS_AFTER, among)
                page = [(row["id"], _product(row)) for row in found.mappings()]
            if not page:
                return
            yield page
            after = page[-1][0]

    def twins(self, job_id: str, fingerprints: Sequence[str]) -> dict[str, int]:
        """Give the item that is to be written for each of these fingerprints, where the job has one."""
        query = (
            select(items.c.fingerprint, func.min(items.c.id))
            .where(
                items.c.job_id == job_id,
                items.c.fingerprint.in_(fingerprints),
                items.c.state == ItemState.PENDING,
                items.c.twin_of.is_(None),
            )
            .group_by(items.c.fingerprint)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def open_prints(self, job_id: str, *, after: int, last: int, size: int = _PLANNED) -> list[tuple[int, str]]:
        """Give the next open items of a range with their fingerprints, in the order of planning."""
        wanted = (items.c.job_id == job_id) & (items.c.id > after) & (items.c.id <= last)
        query = select(items.c.id, items.c.fingerprint).where(wanted, IS_OPEN).order_by(items.c.id).limit(size)
        with self._engine.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def add_items(self, job_id: str, page: Sequence[PlannedItem]) -> None:
        """Keep planned items of a job."""
        rows = [_item_row(job_id, item) for item in page]
        if rows:
            with self._engine.execution_options(writes=True).begin() as connection:
                add_rows(connection, items, rows)

    def open_page(self, job_id: str, after: int, size: int) -> list[OpenItem]:
        """Give the next items that wait to be written, in the order of planning."""
        query = (
            select(items, products.c.key, products.c["values"])
            .join(products, products.c.id == items.c.product_id)
            .where(
                items.c.job_id == job_id,
                items.c.id > after,
                items.c.state == ItemState.PENDING,
                items.c.twin_of.is_(None),
            )
            .order_by(items.c.id)
            .limit(size)
        )
        with self._engine.connect() as connection:
            return [open_item(row) for row in connection.execute(query).mappings()]

    def open_of_model(self, job_id: str, model: str, *, after: int, last: int, size: int) -> list[OpenItem]:
        """Give the next open items of a shard, in the order of planning."""
        query = (
            select(items, products.c.key, products.c["values"])
            .join(products, products.c.id == items.c.product_id)
            .where(items.c.job_id == job_id, items.c.model == model, IS_OPEN)
            .where(items.c.id > after, items.c.id <= last)
            .order_by(items.c.id)
            .limit(size)
        )
        with self._engine.connect() as connection:
            return [open_item(row) for row in connection.execute(query).mappings()]

    def count_open(self, job_id: str, model: str, *, first: int, last: int) -> int:
        """Count the open items of a shard."""
        query = select(func.count()).where(items.c.job_id == job_id, items.c.model == model, IS_OPEN)
        with self._engine.connect() as connection:
            return connection.execute(query.where(items.c.id.between(first, last))).scalar_one()

    def open_between(self, job_id: str, first: int, last: int, now: datetime) -> list[OpenItem]:
        """Give the open items of a chunk that are due, in the order of planning."""
        wanted = {"job_id": job_id, "first": first, "last": last, "now": stamp(now)}
        with self._engine.connect() as connection:
            return [open_item(row) for row in connection.execute(_OPEN_BETWEEN, wanted).mappings()]

    def put_off(self, item_id: int, *, until: datetime, met: Mapping[str, int]) -> None:
        """Let an open item wait long for its next try; a result or a new start of the item ends that."""
        query = update(items).where(items.c.id == item_id, IS_OPEN)
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(query.values(due_at=stamp(until), met=json.dumps(dict(met))))

    def reopen(self, job_id: str) -> int:
        """Make the failed and flagged items of a job pending again; give how many."""
        again = (ItemState.FAILED, ItemState.FLAGGED)
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(tallies).where(tallies.c.job_id == job_id))
            changed = connection.execute(
                update(items)
                .where(items.c.job_id == job_id, items.c.state.in_(again), items.c.fingerprint != "")
                .values(state=ItemState.PENDING, notes="", copy=None, due_at=None, met=None, draft=None)
            )
            return changed.rowcount

    def last_states(
        self, realm: str, catalogue: str, keys: Sequence[str], *, states: Collection[ItemState], but_job: str
    ) -> dict[Slot, LastItem]:
        """Give each slot's newest item in one of these states, over the catalogue's jobs but one and estimates."""
        # The place says nothing new: with it, the items of a product are found by an index.
        of_product = (
            (items.c.job_id == products.c.job_id)
            & (items.c.place == products.c.place)
            & (items.c.product_id == products.c.id)
        )
        newest = (
            select(func.max(items.c.id))
            .select_from(jobs.join(products, products.c.job_id == jobs.c.id).join(items, of_product))
            .where(jobs.c.realm == realm, jobs.c.catalogue == catalogue, jobs.c.id != but_job)
            .where(jobs.c.kind != "estimate", products.c.key.in_(keys), items.c.state.in_(states))
            .group_by(products.c.key, items.c.template, items.c.locale)
        )
        query = (
            select(products.c.key, items.c.template, items.c.locale, items.c.state, items.c.fingerprint)
            .join(products, products.c.id == items.c.product_id)
            .where(items.c.id.in_(newest))
            # The versions of a template share a slot: the newest of theirs is the last.
            .order_by(items.c.id)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
        return {
            Slot(row.key, row.template.split("@")[0], row.locale): LastItem(ItemState(row.state), row.fingerprint)
            for row in found
        }

    def waiting(self, job_id: str) -> list[WaitingItems]:
        """Sum up the items that are to be written, by template, locale and model."""
        group = (items.c.template, items.c.locale, items.c.model)
        query = (
            select(*group, func.count(), func.coalesce(func.sum(items.c.prompt_tokens), 0))
            .where(items.c.job_id == job_id, items.c.state == ItemState.PENDING, items.c.twin_of.is_(None))
            .group_by(*group)
        )
        with self._engine.connect() as connection:
            return [WaitingItems(*row) for row in connection.execute(query)]

    def states(self, job_id: str) -> dict[str, int]:
        """Count the items of a job by state."""
        query = select(items.c.state, func.count()).where(items.c.job_id == job_id).group_by(items.c.state)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def results(self, job_id: str) -> Iterator[ItemResult]:
        """Stream the job's items in the order of the first rows that take their copy, in pages: memory stays flat."""
        last = (-1, -1)
        while True:
            query = (
                select(items, products.c.key, products.c.rows, products.c.on_every_row)
                .join(products, products.c.id == items.c.product_id)
                .where(items.c.job_id == job_id)
                .where((items.c.place > last[0]) | ((items.c.place == last[0]) & (items.c.id > last[1])))
                .order_by(items.c.place, items.c.id)
                .limit(_PAGE)
            )
            with self._engine.connect() as connection:
                page = connection.execute(query).mappings().all()
            if not page:
                return
            for row in page:
                yield _result(row)
            last = (page[-1]["place"], page[-1]["id"])


def usage_of(row: Mapping[Any, Any]) -> TokenUsage:
    """Read the token columns of a row."""
    return TokenUsage(
        input_tokens=int(row["input_tokens"] or 0),
        output_tokens=int(row["output_tokens"] or 0),
        cache_read_tokens=int(row["cache_read_tokens"] or 0),
        cache_write_5m_tokens=int(row["cache_write_5m_tokens"] or 0),
        cache_write_1h_tokens=int(row["cache_write_1h_tokens"] or 0),
    )


def _product(row: RowMapping) -> Product:
    return Product(
        key=row["key"],
        rows=tuple(json.loads(row["rows"])),
        values=json.loads(row["values"]),
        standing=None if row["standing"] is None else Standing(row["standing"]),
        on_every_row=row["on_every_row"],
        own=json.loads(row["own"] or "{}"),
    )


def _product_row(product: Product) -> dict[str, Any]:
    return {
        "key": product.key,
        "row": product.rows[0],
        "place": product.place,
        "rows": json.dumps(product.rows),
        "values": json.dumps(product.values, ensure_ascii=False),
        "standing": product.standing,
        "on_every_row": product.on_every_row,
        "own": json.dumps(product.own, ensure_ascii=False) if product.own else "",
    }


def _item_row(job_id: str, item: PlannedItem) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "product_id": item.product_id,
        "row": item.row,
        "place": item.place,
        "template": item.template,
        "locale": item.locale,
        "model": item.model,
        "fingerprint": item.fingerprint,
        "state": item.state,
        "twin_of": item.twin_of,
        "prompt_tokens": item.prompt_tokens,
        "copy": item.copy,
        "notes": item.notes,
    }


def open_item(row: Mapping[Any, Any]) -> OpenItem:
    """Read a row of items, joined with its product's key and values."""
    return OpenItem(
        id=row["id"],
        row=row["row"],
        key=row["key"],
        template=row["template"],
        locale=row["locale"],
        model=row["model"],
        fingerprint=row["fingerprint"],
        values=json.loads(row["values"]),
        met=json.loads(row["met"] or "{}"),
        draft=json.loads(row["draft"]) if row["draft"] else None,
    )


def _result(row: RowMapping) -> ItemResult:
    return ItemResult(
        row=row["row"],
        copy_rows=tuple(json.loads(row["rows"])) if row["on_every_row"] else (row["row"],),
        key=row["key"],
        template=row["template"],
        locale=row["locale"],
        state=ItemState(row["state"]),
        copy=unpack_copy(row["copy"]),
        model=row["model"] if row["attempts"] or row["copy"] else "",
        lane=row["lane"],
        tier=row["tier"],
        usage=usage_of(row),
        cost_usd=None if row["unpriced"] and not row["cost_pico"] else from_pico(row["cost_pico"]),
        price_ref=row["price_ref"],
        attempts=row["attempts"],
        seconds=row["seconds"],
        finish=row["finish"],
        notes=_with_unpriced(row["notes"], row),
        fingerprint=row["fingerprint"],
    )


def _with_unpriced(notes: str, row: RowMapping) -> str:
    if not (row["unpriced"] and row["cost_pico"]):
        return notes
    return f"{notes} {row['unpriced']} of its {row['attempts']} requests could not be priced.".strip()
