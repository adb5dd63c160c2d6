import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from store_making import JOB, MODEL, done, job_record, now, ok_end, start, with_items

from jobs.results import ItemState
from jobs.sheet import Product, Standing
from jobs.store.copy_table import Slot, pack_copy, unpack_copy
from jobs.store.item_table import LastItem, PlannedItem
from jobs.store.ledger import Ledger
from jobs.store.schema import items


def test_open_items_come_in_pages_in_the_order_of_planning(store):
    ids = with_items(store, 7)
    pages = [store.items.open_page(JOB, after, 3) for after in (0, ids[2], ids[5], ids[6])]
    assert [[item.id for item in page] for page in pages] == [ids[:3], ids[3:6], ids[6:], []]
    assert pages[0][0].values == {"title": "Product 0"}
    assert pages[0][0].key == "K0"


def test_only_items_without_a_result_are_open(store):
    first, second, third = with_items(store, 3)
    with Ledger(store.engine, clock=now) as ledger:
        ledger.finish(done(first))
        ledger.finish(done(third, state=ItemState.FLAGGED))
    assert [item.id for item in store.items.open_page(JOB, 0, 10)] == [second]
    assert store.items.states(JOB) == {"done": 1, "pending": 1, "flagged": 1}
    [waiting] = store.items.waiting(JOB)
    assert (waiting.items, waiting.prompt_tokens, waiting.model) == (1, 100, MODEL)


def test_results_stream_in_the_order_of_the_sheet_over_pages(store, monkeypatch):
    monkeypatch.setattr("jobs.store.item_table._PAGE", 4)
    with_items(store, 11)
    assert [result.row for result in store.items.results(JOB)] == list(range(2, 13))


def test_products_keep_their_rows_and_values_whatever_the_script(store):
    with_items(store, 1, values=lambda _: {"title": 'Rucksack "Größe" 手袋 🎒', "sku": "00123"})
    assert store.items.products_by_key(JOB, ["K0", "K9"]) == {
        "K0": (1, Product(key="K0", rows=(2,), values={"title": 'Rucksack "Größe" 手袋 🎒', "sku": "00123"}))
    }


def test_a_product_that_got_more_rows_stays_one_product(store):
    with_items(store, 1)
    store.items.replace_products({1: Product(key="K0", rows=(2, 5), values={"title": "Cup"})})
    [[(number, product)]] = store.items.product_pages(JOB)
    assert (number, product.rows, product.values) == (1, (2, 5), {"title": "Cup"})


PARENT_BELOW = Product(
    key="TEE",
    rows=(7, 2, 5),
    values={"title": "Tee", "size": "S, M"},
    standing=Standing.LEAD,
    on_every_row=True,
    own={"size": ""},
)
CONFIGURABLE = Product(key="MH01", rows=(6, 4), values={"title": "Hoodie"}, standing=Standing.LEAD)


def test_products_come_back_as_a_platforms_rule_made_them(store):
    store.jobs.add(job_record())
    store.items.add_products(JOB, [CONFIGURABLE])
    store.items.replace_products({1: PARENT_BELOW})
    store.items.add_products(JOB, [CONFIGURABLE])
    [[(_, first), (_, second)]] = store.items.product_pages(JOB)
    assert (first, second) == (PARENT_BELOW, CONFIGURABLE)
    assert (first.place, second.place) == (2, 6)


def test_results_come_in_the_order_of_the_rows_that_take_their_copy(store):
    store.jobs.add(job_record())
    store.items.add_products(JOB, [CONFIGURABLE, PARENT_BELOW, Product(key="MUG", rows=(3,), values={})])
    [page] = store.items.product_pages(JOB)
    store.items.add_items(
        JOB,
        [
            PlannedItem(
                product_id=product_id,
                row=product.rows[0],
                place=product.place,
                template=template,
                locale="",
                model=MODEL,
                fingerprint=product.key,
                state=ItemState.PENDING,
            )
            for product_id, product in page
            for template in ("one@1", "two@1")
        ],
    )
    assert [(result.key, result.row, result.copy_rows) for result in store.items.results(JOB)] == [
        *[("TEE", 7, (7, 2, 5))] * 2,
        *[("MUG", 3, (3,))] * 2,
        *[("MH01", 6, (6,))] * 2,
    ]


def test_the_newest_state_of_a_slot_counts(store):
    [first] = with_items(store, 1)
    with Ledger(store.engine, clock=now) as ledger:
        ledger.finish(done(first, state=ItemState.FAILED, copy={}))
    asked = {"states": frozenset(ItemState) - {ItemState.PENDING}, "but_job": "j9"}
    last = store.items.last_states("aws", "spring", ["K0"], **asked)
    assert last == {Slot("K0", "test", ""): LastItem(ItemState.FAILED, "f0")}
    assert store.items.last_states("simulated", "spring", ["K0"], **asked) == {}
    [second] = with_items(store, 1, job_id="j2", created_at="2026-11-23T12:00:00.000Z")
    with Ledger(store.engine, clock=now) as ledger:
        ledger.finish(done(second))
    last = store.items.last_states("aws", "spring", ["K0"], **asked)
    assert last == {Slot("K0", "test", ""): LastItem(ItemState.DONE, "f0")}
    assert store.items.last_states("aws", "spring", ["K0"], **asked | {"but_job": "j2"}) != last
    assert store.items.last_states("aws", "spring", ["K0"], **asked | {"states": {ItemState.FAILED}}) != last


def test_items_that_were_never_sendable_stay_as_they_are_on_retry(store):
    first, second = with_items(store, 2)
    with Ledger(store.engine, clock=now) as ledger:
        ledger.finish(done(first, state=ItemState.FAILED, copy={}))
        ledger.finish(done(second, state=ItemState.FLAGGED))
    with store.engine.begin() as connection:
        connection.execute(update(items).where(items.c.id == first).values(fingerprint=""))
    assert store.items.reopen(JOB) == 1
    assert [item.id for item in store.items.open_page(JOB, 0, 10)] == [second]


def test_copy_comes_back_as_it_was_packed():
    copy = {"text": "Größe 手", "bullets": ("one", "two"), "empty": ""}
    assert unpack_copy(pack_copy(copy)) == copy
    assert unpack_copy(None) == {}


def test_the_newest_copy_of_a_product_is_the_one_that_counts(store):
    first, second = with_items(store, 2)
    with Ledger(store.engine, clock=now) as ledger:
        for at, item, text in ((1, first, "old"), (2, second, "new")):
            attempt = start(f"a{at}", item)
            ledger.start(attempt)
            ledger.end(ok_end(attempt, finished=done(item, text=text, kept=True)))
    slot = Slot("K0", "test", "")
    assert store.copies.of_products("aws", "spring", ["K0", "K1"])[slot].copy == {"text": "new"}
    assert store.copies.of_products("aws", "other", ["K0"]) == {}
    assert store.copies.by_fingerprint("aws", []) == {}


def test_products_of_odd_text_are_found_again(store):
    store.jobs.add(job_record())
    odd = Product(key="A\ufffdB", rows=(2,), values={"title": "with \0 and \ud83d", "sku": "00123"})
    store.items.add_products(JOB, [odd])
    assert store.items.products_by_key(JOB, ["A\0B"])["A\ufffdB"][1].rows == (2,)


def test_no_item_is_planned_twice(store):
    with_items(store, 1)
    [[(product, _)]] = store.items.product_pages(JOB)
    again = PlannedItem(
        product_id=product, row=2, place=2, template="test@1", locale="", model=MODEL, fingerprint="f",
        state=ItemState.PENDING,
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        store.items.add_items(JOB, [again])


def test_what_a_model_sends_never_stops_the_writing(store):
    [item] = with_items(store, 1)
    odd = "\0 \ud83d"
    with Ledger(store.engine, clock=now) as ledger:
        attempt = start("a1", item)
        ledger.start(attempt)
        finished = done(item, text=odd, notes=odd, finish=odd * 40, tier=odd, kept=True)
        ledger.end(ok_end(attempt, request_id=odd, error=odd, finish=odd * 40, tier=odd, finished=finished))
    [result] = store.items.results(JOB)
    assert (result.copy, result.notes) == ({"text": "\0 \ufffd"}, "\ufffd \ufffd")
    [line] = store.totals.attempts(JOB)
    assert line.request_id == "\ufffd \ufffd"
    assert store.copies.by_fingerprint("aws", ["f0"])["f0"].notes == "\ufffd \ufffd"
