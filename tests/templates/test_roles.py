import pytest
from templates_making import TOML, template

from templates.catalog import Catalog
from templates.errors import UserError

FIELD = "[fields.text]\n"


def test_a_role_is_read_and_decides_no_text():
    plain, with_role = template(), template(toml=TOML.replace(FIELD, FIELD + 'role = "seo_title"\n'))
    assert with_role.fields[0].role == "seo_title"
    assert plain.fields[0].role == ""
    assert with_role.digest == plain.digest, "copy that was bought stays usable when a field is given a role"
    assert template(toml=TOML.replace("A text.", "Another text.")).digest != plain.digest


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (TOML.replace(FIELD, FIELD + 'role = "seo_titel"\n'), 'fields.text.role is "seo_titel", not one of title'),
        (TOML.replace(FIELD, FIELD + 'role = "title"\ncount = 3\n'), 'fields.text.role is "title", which is one text'),
        (
            TOML.replace(FIELD, FIELD + 'role = "title"\n') + '[fields.other]\nmax_chars = 9\nrole = "title"\n',
            'fields.text and fields.other share the role "title"',
        ),
    ],
)
def test_a_role_that_cannot_be_is_told(toml, said):
    with pytest.raises(UserError, match=said):
        template(toml=toml)


def test_a_list_of_bullets_may_have_its_role():
    assert template(toml=TOML.replace(FIELD, FIELD + 'role = "bullets"\ncount = 5\n')).fields[0].role == "bullets"


def test_the_library_says_what_its_fields_are_for():
    roles = {f"{each.name}.{field.name}": field.role for each in Catalog().all() for field in each.fields if field.role}
    assert roles == {
        "amazon-listing.item_title": "title",
        "amazon-listing.bullets": "bullets",
        "image-alt-text.alt_text": "alt_text",
        "product-description.description": "description",
        "product-description.bullets": "bullets",
        "seo-meta.seo_title": "seo_title",
        "seo-meta.meta_description": "seo_description",
        "translate-description.description": "description",
    }
