"""Copy for the library's own templates: within every contract, in the language asked for, out of the facts."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.brand import Brand
from templates.catalog import Catalog
from templates.checks import Checker
from templates.rendering import Renderer
from templates.schema import json_schema
from worker.simulator.copywriter import Copywriter

TEMPLATES = {template.name: template for template in Catalog().all()}
SHOE = {
    "title": "Trail Running Shoe Ridge 3, Black, 42",
    "brand": "Acme",
    "category": "Apparel > Shoes > Running Shoes",
    "features": "Adjustable straps; Water-resistant; Rubber sole; Reflective details; Made in Italy",
    "material": "80% polyester, 20% elastane",
    "colour": "Black, Navy Blue",
    "size": "40, 41, 42",
    "audience": "Women",
    "description": "<p>A shoe for wet paths! It is the best &amp; lightest.</p><ul><li>Grip</li></ul>",
}
BARE = {"title": "X", "description": "It."}
LONG = {
    "title": "WH-1000XM5 Wireless Noise Cancelling Over-Ear Headphones with 30 Hours Battery Life - Silver",
    "brand": "Sonora",
    "description": "Industry leading noise cancellation.",
}
COPYWRITER = Copywriter(0)


def asked(template, values, locale="en-GB", brand=None):
    return Renderer(template, brand=brand, locale=locale).prompt(values)


def write(template, values, locale="en-GB", *, limits=True, brand=None, copywriter=COPYWRITER, **more):
    prompt = asked(template, values, locale, brand)
    schema = json_schema(template.fields, limits=limits)
    options = {"over_limit": False, **more}
    return copywriter.write(system=prompt.system, user=prompt.user, schema=schema, **options)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "fr-FR", "es-ES", "it-IT"])
def test_the_library_gets_copy_that_keeps_every_contract(name, locale):
    template = TEMPLATES[name]
    checker = Checker(template.fields)
    for values in (SHOE, BARE, LONG):
        for limits in (True, False):
            _, violations = checker.check(write(template, values, locale, limits=limits).copy, values)
            assert violations == []


FACT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=120)
ODD = ("red", "blue!", "cheap", "|", "$5", "Ärmel\u2013los", "100%", "<b>bold</b>", "sale", "(", "&", "naïve", "日本")
WORDS = st.lists(st.sampled_from(ODD), max_size=30).map(" ".join)
NAMES = {"brand": FACT, "features": FACT, "material": WORDS, "colour": FACT, "description": WORDS}


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({"title": FACT.filter(str.strip)}, optional=NAMES))
def test_whatever_the_facts_are_the_limits_hold(values):
    template = TEMPLATES["google-ads-rsa"]
    _, violations = Checker(template.fields).check(write(template, values).copy, values)
    assert violations == []


def test_the_same_prompt_and_seed_give_the_same_copy():
    template = TEMPLATES["product-description"]
    assert write(template, SHOE, copywriter=Copywriter(3)) == write(template, SHOE, copywriter=Copywriter(3))
    others = {json.dumps(write(template, SHOE, copywriter=Copywriter(seed)).copy) for seed in range(6)}
    assert len(others) > 3


def test_products_differ_in_their_sentences_and_not_only_in_their_names():
    template = TEMPLATES["product-description"]
    texts = {
        write(template, {"title": f"Lamp {word}", "features": "dimmable; brass"}).copy["description"].replace(word, "*")
        for word in ("Alma", "Berta", "Cleo", "Dora", "Emma", "Flora", "Greta", "Hilda")
    }
    assert len(texts) == 8


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("de-DE", ("Schwarz", "Polyester", "Elasthan")),
        ("fr-FR", ("noir", "polyester", "élasthanne")),
        ("es-ES", ("negro", "poliéster", "elastano")),
        ("en-US", ("black", "polyester", "elastane")),
    ],
)
def test_the_copy_is_in_the_language_asked_for(locale, words):
    text = write(TEMPLATES["product-description"], {**SHOE, "description": ""}, locale).copy["description"]
    assert all(word in text for word in words)


def test_without_a_locale_the_copy_is_in_the_language_of_the_facts():
    values = {"title": "Tasse Alma", "description": "Die Tasse ist aus Steinzeug und für den Alltag gemacht."}
    text = write(TEMPLATES["product-description"], values, "").copy["description"]
    assert "Die Tasse ist aus Steinzeug" in text
    assert re.search(r"\b(?:Sie|und|der|die)\b", text)


def test_no_number_is_in_the_copy_that_is_not_in_the_facts():
    given_numbers = set(re.findall(r"\d+", " ".join(SHOE.values())))
    for template in TEMPLATES.values():
        for locale in ("en-GB", "de-DE", "fr-FR", "es-ES"):
            text = json.dumps(write(template, SHOE, locale).copy)
            assert set(re.findall(r"(?<![\\u\w])\d+", text)) <= given_numbers


def test_a_description_has_sixty_to_a_hundred_and_twenty_words():
    for values in (SHOE, LONG):
        words = len(write(TEMPLATES["product-description"], values).copy["description"].split())
        assert 55 <= words <= 120


def test_the_words_that_a_brand_never_uses_stay_out():
    brand = Brand(name="Acme", banned_words=("details", "discover", "closer look"))
    for name in ("google-ads-rsa", "product-description", "email-subject"):
        template = TEMPLATES[name]
        copy = write(template, SHOE, brand=brand).copy
        assert Checker(template.fields, brand).check(copy, SHOE)[1] == []


def test_a_translation_into_its_own_language_is_the_original():
    html = "<p>The cup is made for every day.</p>"
    copy = write(TEMPLATES["translate-description"], {"title": "Cup", "description": html}, "en-GB").copy
    assert copy["description"] == html


def test_a_field_is_over_its_limit_on_purpose_and_mended_when_asked_again():
    template = TEMPLATES["google-ads-rsa"]
    checker = Checker(template.fields)
    spoilt = write(template, SHOE, over_limit=True)
    _, violations = checker.check(spoilt.copy, SHOE)
    assert spoilt.over_limit
    assert len(violations) == 1
    prompt = asked(template, SHOE)
    again = COPYWRITER.write(
        system=prompt.system,
        user=f"{prompt.user}\n\nA first draft of some fields broke their rules.\n<draft>{{}}</draft>",
        schema=json_schema(template.fields, limits=True, only={violations[0].field}),
        over_limit=True,
    )
    assert not again.over_limit
    assert set(again.copy) == {violations[0].field}
    checked = Checker(field for field in template.fields if field.name == violations[0].field)
    assert checked.check(again.copy, SHOE)[1] == []


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_without_a_schema_the_lines_of_the_prompt_say_what_to_write(name):
    template = TEMPLATES[name]
    prompt = asked(template, SHOE)
    copy = COPYWRITER.write(system=prompt.system, user=prompt.user, schema=None, over_limit=False).copy
    assert Checker(template.fields).check(copy, SHOE)[1] == []


def test_a_schema_in_the_words_of_the_prompt_is_followed():
    schema = {"type": "object", "properties": {"tagline": {"type": "string", "maxLength": 40}}}
    system = f"Answer with one JSON object. It must match this JSON schema:\n{json.dumps(schema)}"
    copy = COPYWRITER.write(system=system, user="Title: Lamp Alma\nBrand: Lux", schema=None, over_limit=False).copy
    assert set(copy) == {"tagline"}
    assert 5 < len(copy["tagline"]) <= 40


def test_any_schema_gets_values_of_its_types():
    schema = {
        "type": "object",
        "properties": {
            "tone": {"type": "string", "enum": ["warm", "cool"]},
            "score": {"type": "integer"},
            "fits": {"type": "boolean"},
            "faq": {
                "type": "array",
                "minItems": 2,
                "maxItems": 3,
                "items": {"type": "object", "properties": {"question": {"type": "string", "maxLength": 80}}},
            },
            "slogan": {"type": ["string", "null"], "description": "At most 50 characters"},
        },
    }
    copy = COPYWRITER.write(system="", user="Title: Lamp Alma", schema=schema, over_limit=False).copy
    assert copy["tone"] in {"warm", "cool"}
    assert isinstance(copy["score"], int)
    assert copy["fits"] is True
    assert 2 <= len(copy["faq"]) <= 3
    assert all(0 < len(each["question"]) <= 80 for each in copy["faq"])
    assert 0 < len(copy["slogan"]) <= 50


def test_a_question_without_fields_gets_prose():
    written = COPYWRITER.write(system="", user="Describe: Lamp Alma", schema=None, over_limit=False)
    assert isinstance(written.copy, str)
    assert len(written.copy.split()) > 30


def test_no_text_is_cut_within_a_word():
    words = set(re.findall(r"\w+", " ".join(LONG.values()).casefold()))
    for headline in write(TEMPLATES["google-ads-rsa"], LONG).copy["headlines"]:
        rest = re.findall(r"\w+", headline.casefold())
        assert all(word in words or len(word) < 12 for word in rest)
