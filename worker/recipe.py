"""What a job was made of, as text: a job resumes with the templates and the brand that it started with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from templates.brand import Brand
from templates.fields import Template, Variable
from templates.sources import load_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The templates and the brand of a job."""

    templates: tuple[Template, ...]
    brand: Brand | None

    def to_json(self) -> str:
        """Write it for the store."""
        return json.dumps(
            {
                "templates": [{"name": one.name, "sources": dict(one.sources)} for one in self.templates],
                "brand": asdict(self.brand) if self.brand else None,
            },
            ensure_ascii=False,
        )

    @staticmethod
    def from_json(text: str) -> Recipe:
        """Read it from the store."""
        stored = json.loads(text)
        brand = stored["brand"]
        return Recipe(
            templates=tuple(load_sources(one["name"], one["sources"]) for one in stored["templates"]),
            brand=_brand(brand) if brand else None,
        )


def all_variables(templates: Sequence[Template]) -> tuple[Variable, ...]:
    """Give the variables of several templates, each name once; needed where any of them needs it."""
    merged: dict[str, Variable] = {}
    for template in templates:
        for variable in template.variables:
            known = merged.get(variable.name)
            if known is None or (variable.needed and not known.needed):
                merged[variable.name] = variable
    return tuple(merged.values())


def _brand(stored: dict[str, Any]) -> Brand:
    settled: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return Brand(**settled)
