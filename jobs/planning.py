"""From products to items: what is to be written, what is reused, what is locked, what cannot be sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jobs.fingerprint import fingerprint
from jobs.intake.grouped.joining import join
from jobs.results import ItemState
from jobs.sheet import Product
from jobs.store.copy_table import LOCKED, KeptCopy, Slot, pack_copy
from jobs.store.item_table import LastItem, PlannedItem
from jobs.store.store import Store
from jobs.store.stored_text import storable
from jobs.tokens import estimate_tokens
from templates.brand import Brand
from templates.errors import UserError
from templates.fields import Template, Variable
from templates.rendering import Renderer

_SETTLED = frozenset(ItemState) - {ItemState.PENDING}
_WITH_COPY = _SETTLED - {ItemState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedModel:
    """A model as asked for and the base model that decides the text."""

    id: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a job asks for each product: every template in every locale from every model (one, but for previews)."""

    job_id: str
    realm: str
    catalogue: str
    templates: Sequence[Template]
    #: BCP 47 tags; ("",) for the language of the product.
    locales: Sequence[str]
    models: Sequence[PlannedModel]
    brand: Brand | None
    only: str = "all"
    fresh: bool = False
    #: Gives, for `--only empty`, the templates and locales whose output cells all have text in a row.
    filled: Callable[[int], Collection[tuple[str, str]]] = lambda _: ()
    #: Variable -> header of its column, for notes.
    headers: dict[str, str] = field(default_factory=dict)


def keep_products(
    store: Store,
    job_id: str,
    pages: Iterable[list[Product]],
    variables: Sequence[Variable],
    headers: Mapping[str, str],
    *,
    where: str = "",
) -> int:
    """Put a sheet's products into the store, rows of one key together wherever they stand; give how many rows.

    `headers` and `where`: as for `join`.

    Raises:
        UserError: rows of one key contradict each other.
    """
    rows = 0
    for page in pages:
        rows += sum(len(product.rows) for product in page)
        parts: dict[str, list[Product]] = {}
        for product in page:
            parts.setdefault(storable(product.key), []).append(product)
        grown = {
            product_id: join([first, *parts.pop(key)], variables, headers=headers, where=where)
            for key, (product_id, first) in store.items.products_by_key(job_id, list(parts)).items()
        }
        store.items.replace_products(grown)
        new = [join(one, variables, headers=headers, where=where) if one[1:] else one[0] for one in parts.values()]
        store.items.add_products(job_id, new)
    return rows


class Planner:
    """Plans the items of one job, a page of products at a time."""

    def __init__(self, store: Store, assignment: Assignment) -> None:
        self._store = store
        self._ask = assignment
        self._renderers = {
            (template.ref, locale): Renderer(template, brand=assignment.brand, locale=locale)
            for template in assignment.templates
            for locale in assignment.locales
        }
        self._system_tokens = {place: estimate_tokens(one.system) for place, one in self._renderers.items()}
        self._first = True

    def plan(self, *, most_products: int | None = None) -> None:
        """Plan all items of the job's products, or of the first few."""
        for page in self._pages(most_products):
            self._plan_page(page)

    def _pages(self, most: int | None) -> Iterator[list[tuple[int, Product]]]:
        left = most
        for page in self._store.items.product_pages(self._ask.job_id):
            if left is None:
                yield page
                continue
            if left > 0:
                yield page[:left]
            left -= len(page)
            if left <= 0:
                return

    def _plan_page(self, page: Sequence[tuple[int, Product]]) -> None:
        ask, keys = self._ask, [product.key for _, product in page]
        in_slots = self._store.copies.of_products(ask.realm, ask.catalogue, keys)
        wanted = self._chosen(page, keys)
        prints = [draft.fingerprint for draft in wanted]
        kept = {} if ask.fresh or ask.only == "failed" else self._store.copies.by_fingerprint(ask.realm, prints)
        settled: list[PlannedItem] = []
        waiting: list[_Draft] = []
        for draft in wanted:
            item = self._settled(draft, in_slots.get(draft.slot), kept.get(draft.fingerprint))
            if item:
                settled.append(item)
            else:
                waiting.append(draft)
        self._store.items.add_items(ask.job_id, settled)
        self._add_waiting(waiting, self._store.items.twins(ask.job_id, prints))

    def _draft(self, page: Sequence[tuple[int, Product]]) -> Iterator[_Draft]:
        ask = self._ask
        brand = ask.brand.digest if ask.brand else ""
        for product_id, product in page:
            for template in ask.templates:
                for locale in ask.locales:
                    for model in ask.models:
                        digest = fingerprint(template, product.values, brand=brand, locale=locale, model=model.base)
                        slot = Slot(product.key, template.name, locale)
                        yield _Draft(product_id, product, template, locale, model.id, digest, slot)

    def _chosen(self, page: Sequence[tuple[int, Product]], keys: Sequence[str]) -> list[_Draft]:
        """Draft the page's items that `only` chooses."""
        drafts = self._draft(page)
        match self._ask.only:
            case "empty":
                rows = [product.rows[0] for _, product in page]
                filled = {row: self._ask.filled(row) for row in rows}
                return [one for one in drafts if (one.template.ref, one.locale) not in filled[one.product.rows[0]]]
            case "failed":
                last = self._last(keys, _SETTLED)
                again = (ItemState.FAILED, ItemState.FLAGGED)
                return [one for one in drafts if one.slot in last and last[one.slot].state in again]
            case "stale":
                last = self._last(keys, _WITH_COPY)
                return [one for one in drafts if one.slot in last and last[one.slot].fingerprint != one.fingerprint]
        return list(drafts)

    def _last(self, keys: Sequence[str], states: Collection[ItemState]) -> dict[Slot, LastItem]:
        ask = self._ask
        return self._store.items.last_states(ask.realm, ask.catalogue, keys, states=states, but_job=ask.job_id)

    def _settled(self, draft: _Draft, in_slot: KeptCopy | None, kept: KeptCopy | None) -> PlannedItem | None:
        """Give the item when it need not be sent: locked, without what it needs, or bought before."""
        if in_slot and in_slot.state in LOCKED:
            return draft.item(ItemState.LOCKED, copy=in_slot, notes="")
        missing = [variable for variable in draft.template.needs if not draft.product.values.get(variable.name)]
        if missing:
            return draft.item(ItemState.FAILED, notes=self._missing_note(missing), sendable=False)
        if kept is None:
            return None
        if kept.state == ItemState.FLAGGED:
            note = (
                f"{kept.notes} Not bought again: the product is unchanged; `skuscribe retry` or --fresh writes it anew."
            )
            return draft.item(ItemState.FLAGGED, copy=kept, notes=note)
        return draft.item(ItemState.REUSED, copy=kept)

    def _missing_note(self, missing: Sequence[Variable]) -> str:
        places = " and ".join(f'"{self._ask.headers.get(one.name, one.label)}"' for one in missing)
        return f"Not sent: {places} {'is' if len(missing) == 1 else 'are'} empty in this row. Fill it and run again."

    def _add_waiting(self, drafts: Sequence[_Draft], twins: dict[str, int]) -> None:
        firsts, seconds = [], []
        new: set[str] = set()
        for draft in drafts:
            if draft.fingerprint in twins or draft.fingerprint in new:
                seconds.append(draft)
                continue
            item = self._priced(draft)
            if item.state is ItemState.PENDING:
                new.add(draft.fingerprint)
            firsts.append(item)
        self._store.items.add_items(self._ask.job_id, firsts)
        if seconds:
            twins = self._store.items.twins(self._ask.job_id, [draft.fingerprint for draft in seconds])
            again = [draft.item(ItemState.PENDING, twin_of=twins[draft.fingerprint]) for draft in seconds]
            self._store.items.add_items(self._ask.job_id, again)

    def _priced(self, draft: _Draft) -> PlannedItem:
        place = (draft.template.ref, draft.locale)
        try:
            user = self._renderers[place].user(draft.product.values)
        except UserError as error:
            if self._first:
                # The very first product: most likely the template is wrong for all of them.
                raise UserError(
                    f"Row {draft.product.rows[0]}: {error.message}", fix=error.fix, code=error.code
                ) from error
            return draft.item(ItemState.FAILED, notes=f"Not sent: {error.message}", sendable=False)
        self._first = False
        return draft.item(ItemState.PENDING, prompt_tokens=self._system_tokens[place] + estimate_tokens(user))


@dataclass(frozen=True, slots=True)
class _Draft:
    product_id: int
    product: Product
    template: Template
    locale: str
    model: str
    fingerprint: str
    slot: Slot

    def item(
        self,
        state: ItemState,
        *,
        copy: KeptCopy | None = None,
        notes: str = "",
        twin_of: int | None = None,
        prompt_tokens: int = 0,
        sendable: bool = True,
    ) -> PlannedItem:
        return PlannedItem(
            product_id=self.product_id,
            row=self.product.rows[0],
            place=self.product.place,
            template=self.template.ref,
            locale=self.locale,
            model=copy.model if copy else self.model,
            # Without a fingerprint `retry` leaves it alone: sending it would change nothing.
            fingerprint=self.fingerprint if sendable else "",
            state=state,
            twin_of=twin_of,
            prompt_tokens=prompt_tokens,
            copy=pack_copy(copy.copy) if copy else None,
            notes=notes,
        )
