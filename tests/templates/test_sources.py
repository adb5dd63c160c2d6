import pytest
from templates_making import TOML, sources, template

from templates.errors import UserError
from templates.sources import load_sources


def problem(**texts):
    with pytest.raises(UserError) as caught:
        template(**texts)
    assert caught.value.code == "template"
    assert caught.value.fix
    return caught.value.message


def test_a_template_is_made_of_its_three_texts():
    made = template()
    assert made.ref == "test@1"
    assert [variable.name for variable in made.variables] == ["title", "brand", "colour", "sku"]
    assert [variable.name for variable in made.needs] == ["title"]
    assert made.variables[1].label == "Brand"
    assert made.variables[2].varies
    assert made.variables[3].is_code
    assert made.fields[0].max_chars == 100
    assert made.parameters == {}


def test_the_stored_sources_give_the_same_template_again():
    made = template()
    assert load_sources("test", made.sources) == made
    assert made.digest != template(user="{{ title }}").digest


def test_parameters_and_counts_are_read():
    made = template(toml=TOML + "count = 3\n[model]\ntemperature = 0.5\ntop_p = 1\n")
    assert made.parameters == {"temperature": 0.5, "top_p": 1.0}
    assert (made.fields[0].count, made.fields[0].min_count) == (3, 3)


def test_all_problems_of_the_toml_are_told_at_once_with_their_keys():
    said = problem(
        toml="""
titel = "Test"
version = "two"
[needs.Title]
[needs.facts]
aliases = ["Name", "name"]
[uses.brand]
aliases = "Brand"
[uses.colour]
aliases = ["NAME"]
vary = true
[fields.text]
title = "Text 1"
max_chars = 10
count = 0
min_chars = 20
[fields.other]
title = "text"
brief = ""
count = 2
min_words = 9
max_words = 3
distinct = "yes"
[model]
temperature = 3
"""
    )
    for expected in (
        "titel is not a known key.",
        'version must be a whole number from 1 to 1000000, not "two"',
        "needs.Title: a variable is named in small letters",
        "needs.facts: this name is taken",
        'needs.facts.aliases has "name" twice',
        'uses.brand.aliases must be a list of texts, not "Brand"',
        'facts and colour both have the alias "name"',
        "uses.colour.vary is not a known key.",
        "fields.text.count must be a whole number from 1 to 100, not 0",
        "fields.text.min_chars is 20, more than max_chars, 10",
        "fields.other.max_chars is missing",
        "fields.other.min_words is 9, more than max_words, 3",
        'fields.other.distinct must be true or false, not "yes"',
        'fields.text and fields.other share the column "text 1"',
        "model.temperature must be a number from 0 to 1, not 3",
    ):
        assert expected in said
    assert 'template "test", template.toml: ' in said


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("title = ", "this is not valid TOML"),
        ("title='T'\nversion=1\n[needs.a]\n", "fields has no field"),
        ("title='T'\nversion=1\nneeds=3\n", "needs must be a table, not 3"),
        (TOML + "[uses.title]\n", "uses.title: needs.title is the same variable"),
        (TOML + "distinct = true\n", "distinct needs a count above 1"),
        (TOML + "count = 2\nmin_count = 3\n", "min_count is 3, more than count, 2"),
        (TOML + 'banned_chars = "a!"\n', "banned_chars must have no letters"),
        (TOML + "min_words = 80\n", "do not fit into max_chars"),
    ],
)
def test_a_wrong_template_toml_says_what_is_wrong(toml, expected):
    assert expected in problem(toml=toml)


def test_a_missing_source_is_named():
    texts = sources()
    del texts["user.j2"]
    with pytest.raises(UserError, match=r"user\.j2 is missing"):
        load_sources("test", texts)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("a\n{% if title %}", "user.j2, line 2: Unexpected end of template"),
        ("a\n\n{{ title | uper }}", 'user.j2, line 3: the filter "uper" does not exist. Did you mean "upper"'),
        ("{{ titel }}", 'user.j2: it uses "titel", which template.toml does not declare. Did you mean "title"'),
        ("{{ ''.__class__ }}", '"__class__" is not allowed'),
        ("{{ title|attr('x') }}", 'the filter "attr" is not allowed'),
        ("{% include 'other' %}", "{% include %} is not allowed"),
        ("{% for a in title recursive %}{% endfor %}", "a recursive loop is not allowed"),
        ("{{ lipsum() }}", 'it uses "lipsum"'),
        ("x" * 100_001, "longer than 100,000 characters"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
    ],
)
def test_a_defect_of_a_jinja_file_is_found_when_it_is_loaded(user, expected):
    assert expected in problem(user=user)


def test_the_system_prompt_cannot_use_what_differs_by_product():
    assert 'system.j2: it uses "title", but it is the same for every product' in problem(system="{{ title }}")
    assert 'it uses "facts"' in problem(system="{{ facts() }}")


def test_usual_column_names_come_after_the_own_ones_and_give_way_to_them():
    made = template(toml=TOML.replace("[uses.brand]", '[uses.brand]\naliases = ["Haus", "Name"]'))
    title, brand = made.variables[:2]
    assert brand.aliases[:2] == ("Haus", "Name")
    assert "Vendor" in brand.aliases
    assert "Produktname" in title.aliases
    assert "Name" not in title.aliases


def test_short_forms_stand_for_their_tables():
    short = """
version = "2"
needs = ["title"]
uses = ["brand"]
[aliases]
title = ["Bezeichnung"]
brand = "Marke"
[fields.tag_line]
max_chars = 40
"""
    template = load_sources(
        "own", {"template.toml": short, "system.j2": "Write.", "user.j2": "{{ title }} {{ brand }}"}
    )
    assert template.ref == "own@2"
    assert [(one.name, one.needed, one.aliases[0]) for one in template.variables] == [
        ("title", True, "Bezeichnung"),
        ("brand", False, "Marke"),
    ]
    assert (template.fields[0].title, template.fields[0].brief) == ("Tag line", "Tag line")
