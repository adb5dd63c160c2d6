import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.intake.grouped.joining import join, without_variant
from jobs.sheet import Product, Standing
from templates.errors import UserError
from templates.fields import Variable

TITLE = Variable(name="title", label="title", needed=True)
BRAND = Variable(name="brand", label="brand")
SIZE = Variable(name="size", label="size", varies=True)
ALL = (TITLE, BRAND, SIZE)

TEXTS = st.sampled_from(["", "S", "M", "S, M", "XL"])
TITLES = st.sampled_from(["", "Tee", "Tee - S", "Tee, XL", "S"])
BELOW_LEAD = st.sampled_from([Standing.ASIDE, Standing.MEMBER])
ROWS = st.lists(st.tuples(TITLES, TEXTS, TEXTS, BELOW_LEAD), min_size=1, max_size=6)


def parts_of(rows, *, on_every_row):
    return [
        Product(
            key="k",
            rows=(number,),
            values={"title": title, "brand": brand, "size": size},
            standing=standing,
            on_every_row=on_every_row,
        )
        for number, (title, brand, size, standing) in enumerate(rows)
    ]


def in_halves(parts, cut):
    halves = [half for half in (parts[:cut], parts[cut:]) if half]
    return join([join(half, ALL) for half in halves], ALL)


@given(ROWS, st.integers(0, 6), st.integers(0, 9), st.booleans())
def test_rows_joined_in_parts_are_the_product_that_they_are_all_at_once(rows, cut, led_by, on_every_row):
    rows = [(*row[:3], Standing.LEAD) if at == led_by else row for at, row in enumerate(rows)]
    parts = parts_of(rows, on_every_row=on_every_row)
    whole = join(parts, ALL)
    assert in_halves(parts, cut) == whole
    one_by_one = parts[0]
    for part in parts[1:]:
        one_by_one = join([one_by_one, part], ALL)
    assert (one_by_one if len(parts) > 1 else whole) == whole
    assert sorted(whole.rows) == list(range(len(rows)))


def test_the_lead_row_holds_wherever_it_stands():
    parts = parts_of(
        [("A", "x", "S", Standing.MEMBER), ("B", "", "", Standing.LEAD), ("C", "y", "M", Standing.LEAD)],
        on_every_row=False,
    )
    whole = join(parts, ALL)
    assert whole.rows == (1, 0, 2)
    assert whole.values == {"title": "B", "brand": "x", "size": "S, M"}


@pytest.mark.parametrize(
    ("title", "told", "common"),
    [
        ("Tee, Red, S", ["Red", "S"], "Tee"),
        ("Cotton T-Shirt - Blue - M", ["Blue", "M"], "Cotton T-Shirt"),
        ("Runner shoe red 42", ["Red", "42"], "Runner shoe"),
        ("Tee (Navy Blue / XL)", ["Navy Blue", "XL"], "Tee"),
        ("Tee - Red - Organic", ["Red"], "Tee - Organic"),
        ("Tee (organic)", ["Red"], "Tee (organic)"),
        ("Red Bull 250 ml", ["Red"], "Red Bull 250 ml"),
        ("Scarlet tee", ["let", "tee"], "Scarlet"),
        ("Red", ["Red"], "Red"),
        ("Tee - S", [], "Tee - S"),
    ],
)
def test_a_variants_own_values_are_taken_out_where_they_stand_apart(title, told, common):
    assert without_variant(title, told) == common


def test_rows_by_a_plain_key_may_not_contradict_each_other():
    parts = [Product(key="k", rows=(row,), values={"title": title}) for row, title in ((2, "Lamp"), (9, "Vase"))]
    with pytest.raises(UserError) as caught:
        join(parts, ALL, headers={"title": "Name"}, where="spring.csv")
    assert caught.value.message == (
        'spring.csv: rows 2 and 9 have the same key "k", but column "Name" says "Lamp" in one and "Vase" in the other.'
    )
