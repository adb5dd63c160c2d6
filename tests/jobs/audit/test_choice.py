import pytest
from outputs_making import info

from jobs.audit.choice import choose, parse_checks, platform_of
from templates.catalog import Catalog
from templates.errors import UserError


def chosen(*headers, platform=None, templates=(), told=None):
    sheet = info(*headers)
    choices = choose(
        sheet,
        platform=platform_of(sheet) if platform is None else platform,
        templates=[Catalog().find(name) for name in templates],
        told=told or {},
    )
    return {choice.column.header: choice.limit.name for choice in choices}


def test_a_header_that_platforms_share_is_judged_by_the_platform_of_the_sheet():
    shopify = ("Handle", "Title", "Body (HTML)", "Variant SKU", "SEO Title")
    assert chosen(*shopify) == {
        "Title": "shopify-title",
        "Body (HTML)": "shopify-description",
        "SEO Title": "shopify-seo-title",
    }
    google = ("id", "title", "description", "link", "image_link", "availability")
    assert chosen(*google) == {"title": "google-title", "description": "google-description"}
    assert chosen("Title", "Description") == {"Title": "usual-title", "Description": "usual-description"}
    assert chosen("Title", platform="google") == {"Title": "google-title"}


def test_an_amazon_file_without_parents_is_known_by_its_sku():
    found = chosen("item_sku", "item_name", "bullet_point1", "product_description")
    assert list(found.values()) == ["amazon-title", "amazon-bullet", "amazon-description"]


def test_usual_names_are_known_in_a_sheet_of_one_s_own_and_our_own_columns_too():
    found = chosen("Artikel", "Meta-Titel", "Headline 3", "SEO title (new)", "Skuscribe notes", "Price")
    assert found == {
        "Artikel": "usual-title",
        "Meta-Titel": "seo-title",
        "Headline 3": "rsa-headline",
        "SEO title (new)": "seo-title",
    }


def test_a_template_s_contract_comes_before_a_platform_s_limit():
    found = chosen("SEO title", "Meta description [de-DE]", templates=["seo-meta"])
    assert found == {"SEO title": "seo-meta.seo_title", "Meta description [de-DE]": "seo-meta.meta_description"}


def test_what_a_person_tells_wins():
    assert chosen("Titel", "Kurz", told={"shopify-seo-title": "Titel", "x-post": "B"}) == {
        "Titel": "shopify-seo-title",
        "Kurz": "x-post",
    }
    assert chosen("Zeile", templates=["seo-meta"], told={"seo_title": "Zeile"}) == {"Zeile": "seo-meta.seo_title"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"shopify-seo-titel": "Titel"}, 'no limit or field "shopify-seo-titel". Did you mean'),
        ({"seo-title": "Title"}, 'the sheet has no column "Title"'),
    ],
)
def test_a_check_that_names_nothing_is_refused(told, said):
    with pytest.raises(UserError, match=said):
        chosen("Titel", told=told)


@pytest.mark.parametrize("text", ["seo-title", "=B", "seo-title="])
def test_a_check_of_another_form_is_refused(text):
    with pytest.raises(UserError, match="FIELD=COLUMN"):
        parse_checks([text])
    with pytest.raises(UserError, match="two columns"):
        parse_checks(["a=B", "a=C"])
