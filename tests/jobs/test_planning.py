import pytest
from store_making import JOB, MODEL, job_record, now, opened
from templates_making import template

from jobs.planning import Assignment, PlannedModel, Planner, keep_products
from jobs.results import ItemState
from jobs.sheet import Product, Standing
from jobs.store.ledger import Finished, Ledger
from templates.errors import UserError

TEMPLATE = template()
NEXT = "j261123-next00"


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path)
    yield store
    store.engine.dispose()


def product(at, key=None, **values):
    return Product(key=key or f"K{at}", rows=(at,), values={"title": f"Cup {at}"} | values)


def keep(store, *pages, job_id=JOB, **job_values):
    store.jobs.add(job_record(job_id, **job_values))
    keep_products(store, job_id, pages, TEMPLATE.variables, {})


def plan(store, *, job_id=JOB, templates=(TEMPLATE,), locales=("",), models=(MODEL,), most=None, **asked):
    assignment = Assignment(
        job_id=job_id,
        realm=asked.pop("realm", "aws"),
        catalogue="spring",
        templates=templates,
        locales=locales,
        models=[PlannedModel(id=model, base=model) for model in models],
        brand=None,
        **asked,
    )
    Planner(store, assignment).plan(most_products=most)
    return store.items.states(job_id)


def write_all(store, *, state=ItemState.DONE, text="Written", job_id=JOB, only=None):
    with Ledger(store.engine, clock=now) as ledger:
        for item in store.items.open_page(job_id, 0, 1000):
            if only and item.key not in only:
                continue
            place = {
                "realm": "aws",
                "fingerprint": item.fingerprint,
                "catalogue": "spring",
                "key": item.key,
                "template": "test",
                "locale": item.locale,
                "state": "draft" if state is ItemState.DONE else "flagged",
                "model": item.model,
                "job_id": job_id,
            }
            copy = {} if state is ItemState.FAILED else {"text": text}
            kept = None if state is ItemState.FAILED else place
            ledger.finish(Finished(item_id=item.id, state=state, copy=copy, notes="Too long.", kept_as=kept))


def lock(store, key, state="edited"):
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE copies SET state = ? WHERE key = ?", (state, key))


def test_an_item_is_one_product_times_one_template_times_one_locale(store):
    keep(store, [product(2), product(3)])
    states = plan(store, templates=(TEMPLATE, template("other")), locales=("de-DE", "fr-FR", "es-ES"))
    assert states == {"pending": 12}


def test_a_product_lacking_what_the_template_needs_is_not_sent_and_says_why(store):
    keep(store, [product(2), product(3, title="")])
    assert plan(store, headers={"title": "Product name"}) == {"pending": 1, "failed": 1}
    [_, failed] = store.items.results(JOB)
    assert failed.notes == 'Not sent: "Product name" is empty in this row. Fill it and run again.'
    assert store.items.reopen(JOB) == 0


def test_products_that_ask_for_the_same_text_are_written_once(store):
    keep(store, [product(2, title="Cup"), product(3, title="Cup "), product(4, title="Mug")], [product(5, title="Cup")])
    assert plan(store) == {"pending": 4}
    assert [item.key for item in store.items.open_page(JOB, 0, 10)] == ["K2", "K4"]
    write_all(store)
    assert store.items.states(JOB) == {"done": 2, "reused": 2}


def test_unchanged_products_are_reused_and_changed_ones_written(store):
    keep(store, [product(2), product(3)])
    plan(store)
    write_all(store)
    keep(store, [product(2), product(3, title="New cup")], job_id=NEXT)
    assert plan(store, job_id=NEXT) == {"reused": 1, "pending": 1}
    [reused, _] = store.items.results(NEXT)
    assert reused.copy == {"text": "Written"}


def test_fresh_buys_again(store):
    keep(store, [product(2)])
    plan(store)
    write_all(store)
    keep(store, [product(2)], job_id=NEXT)
    assert plan(store, job_id=NEXT, fresh=True) == {"pending": 1}


def test_copy_is_never_reused_across_realms(store):
    keep(store, [product(2)])
    plan(store)
    write_all(store)
    keep(store, [product(2)], job_id=NEXT, realm="simulated")
    assert plan(store, job_id=NEXT, realm="simulated") == {"pending": 1}


@pytest.mark.parametrize("state", ["approved", "edited"])
def test_locked_copy_is_never_written_over_even_when_the_product_changed(store, state):
    keep(store, [product(2)])
    plan(store)
    write_all(store)
    lock(store, "K2", state)
    keep(store, [product(2, title="All new")], job_id=NEXT)
    assert plan(store, job_id=NEXT, fresh=True) == {"locked": 1}


def test_flagged_copy_of_an_unchanged_product_is_not_bought_again_and_says_so(store):
    keep(store, [product(2)])
    plan(store)
    write_all(store, state=ItemState.FLAGGED)
    keep(store, [product(2)], job_id=NEXT)
    assert plan(store, job_id=NEXT) == {"flagged": 1}
    [flagged] = store.items.results(NEXT)
    assert "Too long." in flagged.notes
    assert "Not bought again" in flagged.notes


def test_only_failed_takes_what_last_failed_or_was_flagged(store):
    keep(store, [product(2), product(3), product(4)])
    plan(store)
    write_all(store, only={"K2"})
    write_all(store, only={"K3"}, state=ItemState.FLAGGED)
    write_all(store, only={"K4"}, state=ItemState.FAILED)
    keep(store, [product(2), product(3), product(4), product(5)], job_id=NEXT)
    assert plan(store, job_id=NEXT, only="failed") == {"pending": 2}
    assert [item.key for item in store.items.open_page(NEXT, 0, 10)] == ["K3", "K4"]


def test_only_stale_takes_products_that_changed_since_their_copy(store):
    keep(store, [product(2), product(3)])
    plan(store)
    write_all(store)
    keep(store, [product(2), product(3, title="Changed"), product(4)], job_id=NEXT)
    assert plan(store, job_id=NEXT, only="stale") == {"pending": 1}
    assert [item.key for item in store.items.open_page(NEXT, 0, 10)] == ["K3"]


def test_only_stale_takes_products_whose_copy_was_another_products(store):
    keep(store, [product(2, title="Cup"), product(3, title="Cup")])
    plan(store)
    write_all(store)
    keep(store, [product(2, title="Cup"), product(3, title="Cup"), product(4, title="Cup")], job_id=NEXT)
    assert plan(store, job_id=NEXT) == {"reused": 3}
    keep(store, [product(2, title="Cup"), product(3, title="Mug"), product(4, title="Jug")], job_id="third")
    assert plan(store, job_id="third", only="stale") == {"pending": 2}
    assert [item.key for item in store.items.open_page("third", 0, 10)] == ["K3", "K4"]


def test_a_product_that_changed_and_then_failed_is_both_stale_and_failed(store):
    keep(store, [product(2)])
    plan(store)
    write_all(store)
    keep(store, [product(2, title="Changed")], job_id=NEXT)
    plan(store, job_id=NEXT)
    write_all(store, job_id=NEXT, state=ItemState.FAILED)
    for only in ("stale", "failed"):
        keep(store, [product(2, title="Changed")], job_id=only)
        assert plan(store, job_id=only, only=only) == {"pending": 1}


@pytest.mark.parametrize("only", ["stale", "failed"])
def test_an_estimate_and_a_job_without_results_choose_nothing(store, only):
    keep(store, [product(2)])
    plan(store)
    write_all(store, state=ItemState.FAILED if only == "failed" else ItemState.DONE)
    keep(store, [product(2, title="Other")], job_id="estimate", kind="estimate")
    plan(store, job_id="estimate")
    write_all(store, job_id="estimate")
    keep(store, [product(2, title="Third")], job_id="open")
    plan(store, job_id="open")
    keep(store, [product(2, title="Cup 2" if only == "stale" else "Third")], job_id=NEXT)
    assert plan(store, job_id=NEXT, only=only) == ({} if only == "stale" else {"pending": 1})


def test_only_empty_leaves_items_without_an_empty_cell_alone(store):
    keep(store, [product(2), product(3)])
    filled = {2: {("test@1", "")}, 3: {("test@1", ""), ("other@1", "")}}
    assert plan(store, templates=(TEMPLATE, template("other")), only="empty", filled=filled.get) == {"pending": 1}
    assert [(item.key, item.template) for item in store.items.open_page(JOB, 0, 10)] == [("K2", "other@1")]


def test_the_first_products_only(store):
    keep(store, [product(at) for at in range(2, 12)])
    assert plan(store, most=3) == {"pending": 3}


def test_rows_of_one_key_become_one_product_wherever_they_stand(store):
    keep(
        store,
        [product(2, key="A", title="Cup", colour="red"), product(3)],
        [product(9, key="A", title="Cup", colour="blue")],
    )
    [[(_, first), _]] = store.items.product_pages(JOB)
    assert first.rows == (2, 9)
    assert first.values == {"title": "Cup", "colour": "red, blue"}


def test_rows_of_one_key_that_contradict_each_other_are_bad_input(store):
    store.jobs.add(job_record())
    pages = [[product(2, key="A", title="Cup")], [product(3, key="A", title="Mug")]]
    with pytest.raises(UserError, match=r'spring\.csv: rows 2 and 3 have the same key "A"'):
        keep_products(store, JOB, pages, TEMPLATE.variables, {}, where="spring.csv")


def test_a_lead_row_that_comes_later_takes_the_product_over(store):
    child = {"standing": Standing.MEMBER, "values": {"title": "Cup-S", "colour": "red"}}
    lead = {"standing": Standing.LEAD, "values": {"title": "Cup", "colour": "blue"}}
    keep(
        store,
        [Product(key="A", rows=(2,), **child), product(3)],
        [Product(key="A", rows=(9,), **lead), Product(key="A", rows=(10,), **child)],
    )
    [[(_, first), _]] = store.items.product_pages(JOB)
    assert (first.rows, first.copy_rows) == ((9, 2, 10), (9,))
    assert first.values == {"title": "Cup", "colour": "red, blue"}
    plan(store)
    assert [result.row for result in store.items.results(JOB)] == [3, 9]


def test_a_template_that_fails_on_the_first_product_is_told_before_anything_is_planned(store):
    wrong = template(user="{{ 1 / 0 }}{{ facts() }}")
    keep(store, [product(2), product(3)])
    with pytest.raises(UserError, match="Row 2"):
        plan(store, templates=(wrong,))


def test_a_template_that_fails_on_a_later_product_fails_that_row_alone(store):
    picky = template(user="{{ 1 / (title | length - 4) }}{{ facts() }}")
    keep(store, [product(2, title="Mugs!"), product(3, title="Cups"), product(4, title="Plates")])
    assert plan(store, templates=(picky,)) == {"pending": 2, "failed": 1}
    assert "Not sent" in next(result.notes for result in store.items.results(JOB) if result.state is ItemState.FAILED)


def test_several_models_give_an_item_each(store):
    keep(store, [product(2)])
    assert plan(store, models=("one.model-v1:0", "two.model-v1:0")) == {"pending": 2}


def test_many_pages_are_planned_like_one(store):
    keep(
        store,
        *[[product(at, title=f"Cup {at % 700}") for at in range(first, first + 100)] for first in range(0, 1300, 100)],
    )
    assert plan(store) == {"pending": 1300}
    assert len(store.items.open_page(JOB, 0, 2000)) == 700
