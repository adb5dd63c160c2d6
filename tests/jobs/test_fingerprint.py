import unicodedata
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from templates_making import template

from jobs.fingerprint import canonical, fingerprint

TEMPLATE = template()
WORDS = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=8),
    min_size=1,
    max_size=5,
)
SPACES = st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", " \r\n ", "\u2003"])


def digest(of=TEMPLATE, *, brand="", locale="", model="nova", **values):
    return fingerprint(of, values, brand=brand, locale=locale, model=model)


@given(WORDS, st.lists(SPACES, min_size=6, max_size=6))
def test_white_space_makes_no_other_text(words, spaces):
    spelled = spaces[5] + "".join(word + space for word, space in zip(words, spaces, strict=False))
    assert digest(title=spelled) == digest(title=" ".join(words))


@given(st.text(min_size=1))
def test_composed_and_decomposed_letters_are_the_same(text):
    assert digest(title=unicodedata.normalize("NFD", text)) == digest(title=unicodedata.normalize("NFC", text))


@given(st.text())
def test_the_canonical_form_is_its_own_canonical_form(text):
    assert canonical(canonical(text)) == canonical(text)


@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=0, max_value=99), st.integers(0, 4))
def test_numbers_count_by_value_however_they_are_written(whole, cents, zeros):
    assume(not (whole == 0 and cents == 0))
    exact = f"{whole}.{cents:02d}"
    assert digest(title=exact) == digest(title=exact + "0" * zeros)
    if cents == 0:
        assert digest(title=exact) == digest(title=str(whole))


@given(st.integers(min_value=0, max_value=10**6), st.integers(1, 3))
def test_codes_count_as_they_are_written(number, zeros):
    assert digest(sku=f"{number}.0") != digest(sku=str(number))
    assert digest(sku="0" * zeros + str(number)) != digest(sku=str(number))


def test_leading_zeros_make_another_text_everywhere():
    assert digest(title="007") != digest(title="7")
    assert digest(title="1,5") != digest(title="1.5")


def test_a_variable_that_the_template_does_not_use_counts_for_nothing():
    assert digest(title="Cup", stock="12") == digest(title="Cup", stock="13")


def test_an_empty_variable_is_the_same_as_none():
    assert digest(title="Cup", brand_name="") == digest(title="Cup")
    assert fingerprint(TEMPLATE, {"title": "Cup", "brand": ""}, brand="", locale="", model="m") == fingerprint(
        TEMPLATE, {"title": "Cup"}, brand="", locale="", model="m"
    )


def test_all_that_decides_the_text_counts():
    first = digest(title="Cup")
    others = [
        digest(title="Mug"),
        digest(title="Cup", brand="b"),
        digest(title="Cup", locale="de-DE"),
        digest(title="Cup", model="claude"),
        digest(template(system="You rhyme."), title="Cup"),
        digest(replace(TEMPLATE, parameters={"temperature": 0.1}), title="Cup"),
        digest(template("other"), title="Cup"),
    ]
    assert len({first, *others}) == len(others) + 1
    assert digest(title="Cup") == first


@given(st.dictionaries(st.sampled_from(["title", "colour", "sku"]), st.text(min_size=1, max_size=5)))
def test_the_order_of_the_columns_counts_for_nothing(values):
    turned = dict(reversed(list(values.items())))
    assert digest(**values) == digest(**turned)
