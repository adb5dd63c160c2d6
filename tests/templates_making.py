"""Template sources as tests need them."""

from templates.fields import Field
from templates.sources import load_sources

TOML = """
title = "Test"
version = 1

[needs.title]
label = "Title"

[uses.brand]

[uses.colour]
label = "Colour"
varies = true

[uses.sku]
code = true

[fields.text]
title = "Text"
brief = "A text."
max_chars = 100
"""


def sources(*, toml=TOML, system="You write.", user="<product>\n{{ facts() }}\n</product>"):
    return {"template.toml": toml, "system.j2": system, "user.j2": user}


def template(name="test", **texts):
    return load_sources(name, sources(**texts))


def field(name="text", **attributes):
    given = {"title": name.capitalize(), "brief": "Write it", "max_chars": 100} | attributes
    if "count" in given:
        given.setdefault("min_count", given["count"])
    return Field(name=name, **given)
