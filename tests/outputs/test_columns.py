import pytest
from outputs_making import ADS, SEO, field, info, template

from outputs.columns import ColumnKind, plan_columns, planned_headers
from templates.errors import UserError

TAIL = [
    "Skuscribe status",
    "Skuscribe notes",
    "Skuscribe model",
    "Skuscribe input tokens",
    "Skuscribe output tokens",
    "Skuscribe cost (USD)",
]


def plan(headers, templates=(SEO,), locales=(), fill=None, **more):
    return plan_columns(info(*headers), templates, locales, fill or {}, **more)


def placed(columns):
    return {column.header: column.existing for column in columns if column.existing is not None}


def test_each_field_has_a_column_before_the_accounts():
    columns = plan(["SKU", "Name"])
    assert [column.header for column in columns] == ["SEO title", "Meta description", *TAIL]
    assert placed(columns) == {}


def test_a_field_with_a_count_has_numbered_columns():
    columns = plan(["SKU"], [ADS])
    assert [column.header for column in columns[:4]] == ["Headline 1", "Headline 2", "Headline 3", "Path"]
    assert [column.part for column in columns[:4]] == [0, 1, 2, None]


def test_locales_stand_in_brackets_also_when_there_is_one():
    assert [column.header for column in plan(["SKU"], locales=["de-DE"])[:2]] == [
        "SEO title [de-DE]",
        "Meta description [de-DE]",
    ]
    headers = [column.header for column in plan(["SKU"], locales=["de-DE", "fr-FR"])[:4]]
    assert headers == [
        "SEO title [de-DE]",
        "Meta description [de-DE]",
        "SEO title [fr-FR]",
        "Meta description [fr-FR]",
    ]


def test_a_column_of_the_users_is_not_filled():
    columns = plan(["SKU", "seo TITLE"])
    assert columns[0].header == "SEO title (new)"
    assert columns[0].existing is None


def test_a_second_new_name_is_found_when_the_first_is_taken():
    assert plan(["SEO title", "SEO title (new)", "SKU"])[0].header == "SEO title (new 2)"


def test_columns_of_an_earlier_run_are_filled_in_place():
    headers = ["SKU", "SEO title", "Meta description", *TAIL]
    assert placed(plan(headers)) == {header: index for index, header in enumerate(headers) if index}


def test_the_users_column_beside_ours_stays_the_users():
    columns = plan(["SEO title", "SEO title (new)", "Meta description", *TAIL])
    assert columns[0].existing == 1
    assert columns[0].header == "SEO title (new)"


def test_a_column_of_the_users_before_an_earlier_run_of_another_template_stays_the_users():
    alt = template("alt", "Alt", (field("alt", "Alt text"),))
    columns = plan(["Alt text", "SEO title", "Meta description", *TAIL], [SEO, alt])
    assert placed(columns).get("Alt text") is None
    assert [column.header for column in columns[:3]] == ["SEO title", "Meta description", "Alt text (new)"]


def test_fields_that_a_later_run_added_right_of_the_accounts_are_found_again():
    headers = ["SKU", "SEO title", "Meta description", *TAIL, "Headline 1", "Headline 2", "Headline 3", "Path"]
    assert plan(headers, [ADS])[0].existing == 9
    assert plan(headers, [SEO, ADS])[0].existing == 1


def test_fields_behind_those_of_another_earlier_template_are_found_when_that_is_remembered():
    headers = ["SKU", "SEO title", "Meta description", "Headline 1", "Headline 2", "Headline 3", "Path", *TAIL]
    assert plan(headers, [SEO])[0].existing is None
    assert plan(headers, [SEO], earlier=planned_headers([ADS], []))[0].existing == 1


def test_a_deleted_account_column_comes_back_at_the_right():
    columns = plan(["SKU", "SEO title", "Meta description", *TAIL[:1], *TAIL[2:]])
    assert [column.header for column in columns if column.existing is None] == ["Skuscribe notes"]


def test_titles_of_two_templates_are_made_distinct():
    other = template("landing", "Landing page", (field("title", "SEO title"),))
    assert [column.header for column in plan(["SKU"], [SEO, other])[:3]] == [
        "SEO title (SEO meta)",
        "Meta description",
        "SEO title (Landing page)",
    ]


def test_two_versions_of_a_template_are_told_apart():
    headers = [column.header for column in plan(["SKU"], [SEO, template(version=2)])[:4]]
    assert len(set(headers)) == 4
    assert "SEO title (seo-meta@2)" in headers


@pytest.mark.parametrize("name", ["title", "SEO title", "seo TITLE", "seo-meta.title"])
@pytest.mark.parametrize("column", ["Titel", "titel", "B"])
def test_fill_takes_names_and_letters(name, column):
    first = plan(["SKU", "Titel"], fill={name: column})[0]
    assert (first.existing, first.users, first.kind) == (1, True, ColumnKind.FIELD)


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"titel": "SKU"}, 'no field "titel". Did you mean "SEO title"'),
        ({"title": "SKUU"}, 'no column "SKUU". Did you mean "SKU"'),
        ({"title": "ZZ"}, 'no column "ZZ"'),
        ({"title": "SKU", "meta": "A"}, "two fields"),
    ],
)
def test_a_wrong_fill_names_what_there_is(fill, said):
    with pytest.raises(UserError) as caught:
        plan(["SKU"], fill=fill)
    assert said in caught.value.message
    assert caught.value.code == "fill"


def test_fill_of_a_field_with_many_columns_asks_for_one():
    with pytest.raises(UserError, match="fills 3 columns") as caught:
        plan(["SKU"], [ADS], fill={"headlines": "SKU"})
    assert "Headline 1=COLUMN" in caught.value.fix
    assert plan(["SKU"], [ADS], fill={"Headline 2": "SKU"})[1].existing == 0
