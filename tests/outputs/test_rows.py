from decimal import Decimal

from outputs_making import ADS, SEO, info, result

from jobs.results import ItemState
from jobs.usage import TokenUsage
from outputs.columns import plan_columns
from outputs.rows import cells_by_row, row_cells

LOCALES = ["de-DE", "fr-FR"]


def cells(results, templates=(SEO,), locales=(), headers=("SKU",), fill=None, *, simulated=False):
    columns = plan_columns(info(*headers), templates, locales, fill or {})
    found = row_cells(columns, results, simulated=simulated)
    return {columns[position].header: value for position, value in found.items()}


def test_copy_and_accounts_stand_in_their_columns():
    assert cells([result()]) == {
        "SEO title": "Title 2",
        "Meta description": "Meta 2",
        "Skuscribe status": "done",
        "Skuscribe notes": None,
        "Skuscribe model": "nova-lite",
        "Skuscribe input tokens": 100,
        "Skuscribe output tokens": 20,
        "Skuscribe cost (USD)": Decimal("0.000012"),
    }


def test_texts_of_a_list_fill_their_columns_and_leave_the_rest_blank():
    found = cells([result(template="ads@1", copy={"headlines": ("one", "two"), "path": "p"})], [ADS])
    assert [found[f"Headline {n}"] for n in (1, 2, 3)] == ["one", "two", None]


def test_the_items_of_a_row_are_added_up():
    found = cells(
        [
            result(locale="de-DE", model="a", notes="too long"),
            result(locale="fr-FR", model="b", state=ItemState.FLAGGED, usage=TokenUsage(input_tokens=7)),
        ],
        locales=LOCALES,
    )
    assert found["Skuscribe status"] == "flagged"
    assert found["Skuscribe input tokens"] == 107
    assert found["Skuscribe cost (USD)"] == Decimal("0.000024")
    assert found["Skuscribe model"] == "a, b"
    assert found["Skuscribe notes"] == "seo-meta [de-DE]: too long"


def test_a_simulated_row_says_so():
    assert cells([result()], simulated=True)["Skuscribe status"] == "simulated: done"


def test_a_failed_item_leaves_the_cells_of_its_copy_as_they_are():
    for state in (ItemState.FAILED, ItemState.PENDING):
        found = cells([result(state=state, copy={}, notes="the model refused")])
        assert "SEO title" not in found
        assert found["Skuscribe status"] == state.value


def test_a_cell_of_the_users_is_never_blanked():
    found = cells([result(copy={"title": "", "meta": ""})], headers=("SKU", "Text"), fill={"title": "Text"})
    assert "SEO title" not in found
    assert found["Meta description"] is None


def test_an_unpriced_item_has_a_blank_cost_and_says_why():
    found = cells([result(cost_usd=None)])
    assert found["Skuscribe cost (USD)"] is None
    assert found["Skuscribe notes"] == "unpriced: the price book has no price for nova-lite"


SCATTERED = [
    result(7, copy_rows=(7, 2, 12), key="parent below"),
    result(3),
    result(5, copy_rows=(5, 9)),
    result(8),
    result(20, copy_rows=(20, 10)),
]


def test_rows_come_in_the_order_of_the_sheet_however_products_are_scattered():
    columns = plan_columns(info("SKU"), [SEO], [], {})
    rows = list(cells_by_row(columns, SCATTERED, simulated=False))
    assert [row for row, _ in rows] == [2, 3, 5, 7, 8, 9, 10, 12, 20]
    copy = {row: found[0] for row, found in rows}
    assert copy == {
        2: "Title 7", 3: "Title 3", 5: "Title 5", 7: "Title 7", 8: "Title 8", 9: "Title 5", 10: "Title 20",
        12: "Title 7", 20: "Title 20",
    }  # fmt: skip


def test_the_account_stands_on_the_lead_row_alone_so_that_its_sum_is_the_jobs():
    columns = plan_columns(info("SKU"), [SEO], [], {})
    rows = {row: list(found.values())[2:] for row, found in cells_by_row(columns, SCATTERED, simulated=False)}
    assert {row for row, account in rows.items() if any(account)} == {7, 3, 5, 8, 20}
    assert sum(account[-1] for account in rows.values() if account[-1]) == sum(one.cost_usd for one in SCATTERED)


def test_no_more_rows_are_held_than_products_are_open():
    columns = plan_columns(info("SKU"), [SEO], [], {})
    asked = []

    def results():
        for row in range(2, 50):
            asked.append(row)
            yield result(row)

    first, _ = next(cells_by_row(columns, results(), simulated=False))
    assert (first, len(asked)) == (2, 3)


def test_results_are_grouped_by_row():
    columns = plan_columns(info("SKU"), [SEO], LOCALES, {})
    rows = cells_by_row(columns, [result(2, locale="de-DE"), result(2, locale="fr-FR"), result(5)], simulated=False)
    assert [row for row, _ in rows] == [2, 5]
